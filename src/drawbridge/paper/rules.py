"""A market's trading rules in whole numbers, and the way between them and Decimal.

Prices are counted in ticks, quantities in lots (steps of quantity) and money in atoms (the last
place of a currency), so that every sum of the engine is exact however long the numbers grow.
What is refused and why is decided in `engine.py`; here stands only the arithmetic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal
from typing import Final

from drawbridge.catalogue.card import Card, FeeIn
from drawbridge.catalogue.paper_facts import PaperMarket, SelfTradeMode
from drawbridge.core.clock import HOUR_MS
from drawbridge.core.errors import ExchangeRefused
from drawbridge.core.markets import MarketKind
from drawbridge.core.orders import Side

# Wide enough that no amount which people may write is ever rounded on its way in or out.
EXACT: Final = Context(prec=100, rounding=ROUND_DOWN)

RATE_PLACES: Final = 8
_RATE_UNITS: Final = 10**RATE_PLACES
MOST_LOTS: Final = 10**18
MOST_TICKS: Final = 10**15


@dataclass(frozen=True, slots=True)
class ContractRules:
    """What perpetual contracts know besides. Units: rates as in `Rules`."""

    most_leverage: int
    usual_leverage: int
    maintenance_rate: int
    liquidation_rate: int
    funding_ms: int
    hedge_mode: bool
    isolated: bool
    usual_isolated: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """One market of one exchange; with `contract`, what is traded is a perpetual contract.

    No goods change hands in a contract: `lot_atoms` is 0, and all its money is quote currency.

    Units: `lot_atoms` base atoms make a lot; `ticks * lots * cost_per // cost_by` is a cost in
    quote atoms; rates are fractions in units of 10^-8; `least_cost` is in quote atoms.
    """

    exchange_id: str
    symbol: str
    base: str
    quote: str
    price_tick: Decimal
    quantity_step: Decimal
    base_places: int
    quote_places: int
    lot_atoms: int
    cost_per: int
    cost_by: int
    least_lots: int
    least_cost: int
    maker_rate: int
    taker_rate: int
    highest_rate: int
    buy_fee_in_base: bool
    sell_fee_in_base: bool
    self_trade: SelfTradeMode
    contract: ContractRules | None = None
    price_digits: int = 0
    refuses_taking: bool = True

    def ticks_of(self, price: Decimal) -> int:
        """Count a price in ticks, cut to the digits that it may have.

        Raises: `ExchangeRefused("price_off_tick")` and others.
        """
        if price <= 0:
            raise ExchangeRefused("price_out_of_range", price=price)
        whole, rest = EXACT.divmod(price, self.price_tick)
        if rest and not self.price_digits:
            raise ExchangeRefused("price_off_tick", price=price, tick=self.price_tick)
        # Compared as whole numbers, which costs a fraction of comparing Decimals.
        ticks = int(whole)
        if not 0 < ticks <= MOST_TICKS:
            raise ExchangeRefused("price_out_of_range", price=price)
        return cut(self, ticks) if self.price_digits else ticks

    def lots_of(self, quantity: Decimal) -> int:
        """Count a quantity in lots. Raises: `ExchangeRefused` with the rule that it breaks."""
        whole, rest = EXACT.divmod(quantity, self.quantity_step)
        lots = int(whole)
        if lots < self.least_lots:  # of which there is at least one
            least = self.quantity(self.least_lots)
            raise ExchangeRefused("too_small", quantity=quantity, least=least)
        if rest:
            step = self.quantity_step
            raise ExchangeRefused("quantity_off_step", quantity=quantity, step=step)
        if lots > MOST_LOTS:
            raise ExchangeRefused("too_large", quantity=quantity)
        return lots

    def cost(self, ticks: int, lots: int) -> int:
        """Give price times quantity in quote atoms, rounded down.

        Why: the parts of an order then never cost more than the whole that was held for it.
        """
        return ticks * lots * self.cost_per // self.cost_by

    def fee(self, side: Side, ticks: int, lots: int, rate: int) -> int:
        """Give a fee in atoms of `fee_currency(side)`, rounded down."""
        in_base = self.buy_fee_in_base if side is Side.BUY else self.sell_fee_in_base
        amount = lots * self.lot_atoms if in_base else self.cost(ticks, lots)
        return amount * rate // _RATE_UNITS

    def fee_currency(self, side: Side) -> str:
        """Tell in which currency that side pays its fees."""
        in_base = self.buy_fee_in_base if side is Side.BUY else self.sell_fee_in_base
        return self.base if in_base else self.quote

    def paid(self, side: Side, ticks: int, lots: int, rate: int) -> int:
        """Give what that side pays: the goods, and the fee where it comes on top.

        Units: quote atoms for a buyer, base atoms for a seller.
        """
        if side is Side.BUY:
            cost = ticks * lots * self.cost_per // self.cost_by
            return cost if self.buy_fee_in_base else cost + cost * rate // _RATE_UNITS
        goods = lots * self.lot_atoms
        return goods + goods * rate // _RATE_UNITS if self.sell_fee_in_base else goods

    def need(self, side: Side, ticks: int, lots: int) -> int:
        """Give what must be held while so much of an order may still trade at that price."""
        return self.paid(side, ticks, lots, self.highest_rate)

    def paid_currency(self, side: Side) -> str:
        """Tell what that side pays with."""
        return self.quote if side is Side.BUY or self.contract is not None else self.base

    def price(self, ticks: int) -> Decimal:
        """Give the price of so many ticks."""
        return EXACT.multiply(self.price_tick, ticks)

    def quantity(self, lots: int) -> Decimal:
        """Give the quantity of so many lots."""
        return EXACT.multiply(self.quantity_step, lots)

    def quote_amount(self, atoms: int) -> Decimal:
        """Give an amount of quote currency."""
        return amount_of(atoms, self.quote_places)

    def fee_amount(self, side: Side, atoms: int) -> Decimal:
        """Give a fee of that side in the currency that it pays fees in."""
        in_base = self.buy_fee_in_base if side is Side.BUY else self.sell_fee_in_base
        return amount_of(atoms, self.base_places if in_base else self.quote_places)


def unit_of(rules: Rules, ticks: int) -> int:
    """Give by how many ticks prices around this one differ: 1, or the last digit's worth."""
    if not rules.price_digits:
        return 1
    unit: int = 10 ** max(0, len(str(ticks)) - rules.price_digits)
    return unit


def cut(rules: Rules, ticks: int) -> int:
    """Cut a price to the digits that it may have."""
    unit = unit_of(rules, ticks)
    return ticks // unit * unit


def cut_up(rules: Rules, ticks: int) -> int:
    """Round a price up to the digits that it may have."""
    unit = unit_of(rules, ticks)
    return -(-ticks // unit) * unit


def rules_of(card: Card, pair: PaperMarket, places: Mapping[str, int]) -> Rules:
    """Read a market's rules off its exchange's card; `places` says how fine each currency is.

    Raises: `ValueError` for a pair that cannot be counted in those places: our card is wrong.
    """
    is_contract = pair.kind is MarketKind.LINEAR_PERPETUAL
    pair_symbol, _, settle = pair.symbol.partition(":")
    base, _, quote = pair_symbol.partition("/")
    if settle != (quote if is_contract else ""):
        message = f"{card.id} {pair.symbol}: a linear contract is settled in its quote currency"
        raise ValueError(message)
    base_places = places.get(base, 0) if is_contract else places[base]
    lot_atoms = 0 if is_contract else EXACT.scaleb(pair.quantity_step, base_places)
    if lot_atoms != int(lot_atoms) or pair.price_tick <= 0 or pair.quantity_step <= 0:
        message = f"{card.id} {pair.symbol}: a step is finer than {base} is counted"
        raise ValueError(message)
    unit = EXACT.scaleb(EXACT.multiply(pair.price_tick, pair.quantity_step), places[quote])
    cost_per, cost_by = unit.as_integer_ratio()
    return Rules(
        exchange_id=card.id,
        symbol=pair.symbol,
        base=base,
        quote=quote,
        price_tick=pair.price_tick,
        price_digits=pair.price_digits,
        quantity_step=pair.quantity_step,
        base_places=base_places,
        quote_places=places[quote],
        lot_atoms=int(lot_atoms),
        cost_per=cost_per,
        cost_by=cost_by,
        least_lots=max(1, int(EXACT.divide(pair.min_quantity, pair.quantity_step))),
        least_cost=atoms_of(pair.min_notional, places[quote]),
        maker_rate=rate_of(card.fees.maker),
        taker_rate=rate_of(card.fees.taker),
        highest_rate=rate_of(max(card.fees.maker, card.fees.taker)),
        buy_fee_in_base=card.fees.buy_fee_in is FeeIn.BASE and not is_contract,
        sell_fee_in_base=card.fees.sell_fee_in is FeeIn.BASE and not is_contract,
        self_trade=card.self_trade.mode,
        contract=_contract_rules(card) if is_contract else None,
        refuses_taking=card.post_only.refused,
    )


def _contract_rules(card: Card) -> ContractRules:
    told = card.derivatives
    return ContractRules(
        most_leverage=told.most_leverage,
        usual_leverage=told.usual_leverage,
        maintenance_rate=rate_of(told.maintenance_rate),
        liquidation_rate=rate_of(told.liquidation_fee),
        funding_ms=told.funding_hours * HOUR_MS,
        hedge_mode=told.hedge_mode,
        isolated=told.isolated,
        usual_isolated=told.usual_isolated,
    )


def share_of(atoms: int, rate: int) -> int:
    """Give so many hundred-millionths of an amount, rounded down."""
    return atoms * rate // _RATE_UNITS


def amount_of(atoms: int, places: int) -> Decimal:
    """Turn atoms into an amount."""
    return EXACT.scaleb(Decimal(atoms), -places)


def atoms_of(amount: Decimal, places: int) -> int:
    """Turn an amount into atoms, cutting off what lies below one."""
    return int(EXACT.scaleb(amount, places))


def rate_of(fraction: Decimal) -> int:
    """Turn a fee fraction into units of 10^-8. Raises: `ValueError`: our own card is wrong."""
    rate = EXACT.scaleb(fraction, RATE_PLACES)
    if not 0 <= rate < _RATE_UNITS or rate != int(rate):
        message = f"a fee of {fraction} is not a fraction of at most {RATE_PLACES} places"
        raise ValueError(message)
    return int(rate)
