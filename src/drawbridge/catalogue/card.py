"""An exchange's card: the facts about it, read from its `exchange.toml`.

Values only. Tables that a card of a low level leaves out hold neutral values; `Card.told` names
those that it tells, and `levels.py` says which it must. Texts of guides are not here: they stand
in the wording files, and are made from these facts.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.paper_facts import PaperKeyRule, PaperMarket, PostOnly, SelfTrade
from drawbridge.catalogue.tables import read_table
from drawbridge.core.markets import Currency, Market, Markets
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Scope
from drawbridge.wire.limits import LimitHeaders
from drawbridge.wire.stamps import StampKind, StampRule, WindowRule


class Status(StrEnum):
    """What became of an exchange."""

    OPEN = "open"
    RENAMED = "renamed"
    REPLACED = "replaced"
    READ_ONLY = "read_only"
    CLOSED = "closed"


class Need(StrEnum):
    """How a switch must stand. `TRADING`: on for a trading key, off for one that only reads."""

    REQUIRED = "required"
    TRADING = "trading"
    OPTIONAL = "optional"
    MUST_BE_OFF = "must_be_off"


class FeeIn(StrEnum):
    """In which of the pair's two currencies a fee is taken."""

    BASE = "base"
    QUOTE = "quote"


class Confirmation(StrEnum):
    """By what an exchange makes sure who makes a key."""

    PASSWORD = "password"  # noqa: S105  a kind of proof, not a secret
    TOTP = "totp"
    EMAIL = "email"
    SMS = "sms"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Where keys are made; `menu_path` is the way there, label by label.

    `confirm` says by what the exchange makes sure who it is; `withdrawal_list` is the label of a
    list of addresses that money may be sent to, where the page has one. `sub_account` is the name
    of the sub-account that our orders are placed from, where the exchange takes them from no
    other.
    """

    url: str = ""
    menu_path: tuple[str, ...] = ()
    secret_shown_once: bool = True
    browser_only: bool = False
    confirm: tuple[Confirmation, ...] = (Confirmation.TOTP,)
    withdrawal_list: str = ""
    sub_account: str = ""


@dataclass(frozen=True, slots=True)
class CredentialField:
    """A field that a key consists of.

    `format` is a regular expression for the whole text; `either` names the field that this one
    replaces; `hint_key` is a wording key.
    """

    field: str
    label: str
    format: str
    secret: bool
    required: bool
    multiline: bool = False
    either: str = ""
    hint_key: str = ""


@dataclass(frozen=True, slots=True)
class Permission:
    """A switch on the page where keys are made.

    `label` stands exactly as shown; `api` is how the exchange's interface calls it; `shown` is
    false for switches that only some accounts see. `fixed` switches are on and cannot be turned
    off. `needs` names the switch without which this one cannot be on.
    """

    label: str
    api: str
    scopes: tuple[Scope, ...]
    need: Need
    group: str = ""
    old_label: str = ""
    default: bool = False
    shown: bool = True
    fixed: bool = False
    needs: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where older guides ask for something else than is needed today.

    `key` says by which sentence (`guide.difference.<key>`), `labels` of which switches, and `today`
    what they are called now, where they are called otherwise.
    """

    key: str
    labels: tuple[str, ...]
    today: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IpList:
    """The list of addresses that a key may be bound to; `max` 0 means not established."""

    supported: bool = False
    label: str = ""
    cidr: bool = False
    max: int = 0
    required_for: tuple[Scope, ...] = ()
    why_key: str = ""


@dataclass(frozen=True, slots=True)
class Expiry:
    """When keys end by themselves; `without_ip_list_days` 0 means never.

    `sure` is false where the rule is only reported; `settable` where the person may choose.
    """

    without_ip_list_days: int = 0
    applies_to: tuple[Scope, ...] = ()
    settable: bool = False
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Rights:
    """Whether and by which operation the exchange tells what a key may do."""

    told: bool = False
    operation: str = ""


class Part(StrEnum):
    """A part of a request that a signature may cover."""

    METHOD = "method"
    PATH = "path"
    QUERY = "query"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Signature:
    """Which parts of a request its signature covers."""

    covers: tuple[Part, ...] = (Part.PATH, Part.QUERY, Part.BODY)


@dataclass(frozen=True, slots=True)
class Derivatives:
    """The rules of an exchange's perpetual contracts.

    Units: rates are fractions of the notional, `funding_hours` is the time between two fundings.
    """

    most_leverage: int = 1
    usual_leverage: int = 1
    maintenance_rate: Decimal = ZERO
    liquidation_fee: Decimal = ZERO
    funding_hours: int = 8
    hedge_mode: bool = False
    isolated: bool = True
    usual_isolated: bool = False


@dataclass(frozen=True, slots=True)
class ProbeOrder:
    """How to place a test order that cannot trade: the first of `symbols` that is affordable.

    Units: `price_factor` times the best price; `notional_factor` times the smallest notional.
    `post_only` is false where the exchange has no orders that may only rest: then the price alone
    keeps it from trading.
    """

    symbols: tuple[str, ...] = ()
    price_factor: Decimal = Decimal("0.5")
    notional_factor: Decimal = Decimal("1.2")
    dry_run: bool = False
    post_only: bool = True


@dataclass(frozen=True, slots=True)
class Fees:
    """The fees of a new account, as fractions."""

    maker: Decimal = ZERO
    taker: Decimal = ZERO
    buy_fee_in: FeeIn = FeeIn.QUOTE
    sell_fee_in: FeeIn = FeeIn.QUOTE


@dataclass(frozen=True, slots=True)
class Client:
    """How a known client program is pointed at us.

    `urls` holds dotted paths into the client's own settings, with `{base}` and `{ws}` to fill.
    `script` is a text to paste where addresses alone are not enough, with `{base}`, `{key}`,
    `{secret}` and `{passphrase}` to fill.
    """

    id: str
    urls: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    script: str = ""


_TIME: Final = StampRule(StampKind.TIME)
_NO_WINDOW: Final = WindowRule()


class MarketBuys(StrEnum):
    """What a market order to buy names: how much it buys, or only what it may cost."""

    BY_QUANTITY = "by_quantity"
    BY_COST = "by_cost"


@dataclass(frozen=True, slots=True)
class Card:
    """All facts about an exchange that others need to know.

    `since` is the date of the status, or, where not `since_sure`, a day before which it began.
    `not_established` is what nobody could find out, for who works on it; `doubts` name the
    sentences (`guide.doubt.<key>`) about what of it concerns who makes a key.
    `stream_hosts` may name a port; the first serves all paths of our side of the streams but those
    that `stream_places` puts elsewhere: path to host and path at the real exchange.
    `remark_keys` are wording keys of what its guide says besides; their facts are the exchange's
    name and its `former` ones.
    """

    id: str
    name: str
    status: Status
    level: Level
    homepage: str
    hosts: tuple[str, ...]
    credentials: tuple[CredentialField, ...]
    permissions: tuple[Permission, ...]
    sources: Mapping[str, str]
    former_names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    since: str = ""
    since_sure: bool = True
    stream_hosts: tuple[str, ...] = ()
    stream_places: Mapping[str, str] = field(default_factory=dict)
    base_path: str = ""
    key_page: KeyPage = KeyPage()
    ip_list: IpList = IpList()
    expiry: Expiry = Expiry()
    rights: Rights = Rights()
    stamp: StampRule = _TIME
    window: WindowRule = _NO_WINDOW
    signature: Signature = Signature()
    limit_headers: Mapping[str, LimitHeaders] = field(default_factory=dict)
    probe_order: ProbeOrder = ProbeOrder()
    market_buys: MarketBuys = MarketBuys.BY_QUANTITY
    fees: Fees = Fees()
    self_trade: SelfTrade = field(default_factory=SelfTrade)
    post_only: PostOnly = field(default_factory=PostOnly)
    derivatives: Derivatives = Derivatives()
    paper_markets: tuple[PaperMarket, ...] = ()
    currencies: tuple[Currency, ...] = ()
    clients: Mapping[str, Client] = field(default_factory=dict)
    paper_key: PaperKeyRule = field(default_factory=PaperKeyRule)
    differences: tuple[Difference, ...] = ()
    remark_keys: tuple[str, ...] = ()
    not_established: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    told: frozenset[str] = frozenset()

    @property
    def takes_keys(self) -> bool:
        """Tell whether new keys may be added: not where the exchange is gone or replaced."""
        return self.status in {Status.OPEN, Status.RENAMED}

    @property
    def unacceptable(self) -> tuple[Permission, ...]:
        """Give the switches that make every key of this exchange one that we must refuse."""
        return tuple(it for it in self.permissions if it.fixed and it.need is Need.MUST_BE_OFF)

    def find_permission(self, api: str) -> Permission | None:
        """Give the switch that the exchange's interface calls so, or None."""
        return next((switch for switch in self.permissions if switch.api == api), None)

    def with_needed(self, switches: Iterable[str]) -> frozenset[str]:
        """Give these switches, those without which they cannot be on, and those always on."""
        on = frozenset(switches) | {it.api for it in self.permissions if it.fixed}
        return on | {it.needs for it in self.permissions if it.needs and it.api in on}

    def find_credential(self, name: str) -> CredentialField | None:
        """Give the credential field of that name, or None."""
        return next((part for part in self.credentials if part.field == name), None)

    def scopes_of(self, switches: Iterable[str]) -> frozenset[Scope]:
        """Give the rights that these switches grant together.

        A switch that the card does not know grants `Scope.OTHER`: it is something, and nobody
        can say that it is harmless.
        """
        by_name = {switch.api: switch.scopes for switch in self.permissions}
        unknown = (Scope.OTHER,)
        return frozenset(scope for name in switches for scope in by_name.get(name, unknown))

    def markets(self) -> Markets:
        """Give the paper exchange's pairs with their rules and the card's fees."""
        return Markets(self._market(pair) for pair in self.paper_markets)

    def _market(self, pair: PaperMarket) -> Market:
        base, _, quote = pair.symbol.partition(":")[0].partition("/")
        return Market(
            symbol=pair.symbol,
            id=pair.id,
            base=base,
            quote=quote,
            price_tick=pair.price_tick,
            quantity_step=pair.quantity_step,
            min_quantity=pair.min_quantity,
            min_notional=pair.min_notional,
            fee_maker=self.fees.maker,
            fee_taker=self.fees.taker,
            aliases=pair.aliases,
            kind=pair.kind,
            contract_size=pair.contract_size,
            price_digits=pair.price_digits,
        )


# TOML names one entry of a list, the card the whole list.
_LISTS: Final = {
    "credential": "credentials",
    "permission": "permissions",
    "paper_market": "paper_markets",
    "currency": "currencies",
}


def read_card(text: str) -> Card:
    """Read an `exchange.toml`.

    Raises: `ValueError`, `TypeError` for unknown, missing or wrong keys: a broken card is our
    own fault and stops the start.
    """
    document = {_LISTS.get(name, name): value for name, value in tomllib.loads(text).items()}
    remarks = document.pop("not_established", {})
    told = frozenset(document)
    if unknown := told & {"told", "doubts"}:
        message = f"card: unknown key {min(unknown)}"
        raise ValueError(message)
    document |= {"not_established": remarks.get("items", []), "doubts": remarks.get("doubts", [])}
    card = read_table(Card, document, str(document.get("id", "card")))
    return replace(card, told=told)
