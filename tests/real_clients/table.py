"""What the suite of real clients has to know of each exchange, and where it finds it.

An exchange of level papered has a module `tests/exchanges/<id>/clients.py` with a `TABLE`. The
tests here run over all of them; none is named here, and adding one touches no file here.

How to fill a table:

1. `Table(symbol=…, unknown_key=…, unknown_order=…, mistakes=…)` is enough for an exchange that
   does all that ccxt can ask for. `.venv/bin/python -m pytest tests/real_clients -k <id>` tells
   what is missing. Each field says what it is for, at its own line below.
2. `mistakes`: begin with the functions of `tests/real_clients/mistakes.py` (every table has all
   names of `USUAL`), then one row for every other line of the exchange's error table that a
   client can cause. A row's `ask` gets a `Bench` (`bench.client()`, `bench.key("read")`,
   `bench.table`) and makes real requests with the unmodified client. `raises` is the name of
   the exact class, `status` and `says` what the last answer must have been and held.
3. `wire`: requests byte for byte, and values as ccxt reads them. Without more, the usual wishes
   of `tests/real_clients/wishes.py` are compared, with a key drawn from the card and answers made
   of example results (`examples.py`). `wishes=` adds to them or (with None) takes one out,
   `results=` changes what is answered, `freeze=` holds still what else is drawn at random.
4. What an exchange lacks, it lacks for a reason: `lacks={Kind.STOP: "no conditional orders"}`.

No ccxt is imported here or in a table: classes go by name, because a closed exchange is spoken
to by an older ccxt (`ccxt_version`), in a process of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.operations import Operation
from drawbridge.core.orders import OrderStatus

if TYPE_CHECKING:
    from tests.real_clients.bench import Bench

Client = Any
"""A ccxt client; ccxt is published without types."""

Sent = tuple[str, str, str | None, dict[str, str]]
"""A request as it was sent: method, address, body, headers by their lower-case names."""

# Versions of ccxt beside the one of uv.lock; a requirements file with hashes stands for each.
OLDER = frozenset(
    path.stem.removeprefix("ccxt-") for path in Path(__file__).parent.glob("locked/ccxt-*.txt")
)


class Kind(Enum):
    """What the suite asks of every exchange unless its table says that it lacks it."""

    MARKET_ORDER = auto()
    POST_ONLY = auto()
    CLIENT_ID = auto()
    CANCEL_BY_CLIENT_ID = auto()
    CANCEL_ALL = auto()
    STOP = auto()
    SERVER_TIME = auto()
    TICKERS = auto()
    OPEN_ORDERS = auto()
    OWN_TRADES = auto()
    RATE_LIMIT = auto()
    CONTRACT_MODES = auto()


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """What somebody does wrong, and how the exchange says so.

    `raises` is the name of ccxt's class, exactly this one; `status` and `says` are the last
    answer's status and a part of its body.
    """

    name: str
    ask: Callable[["Bench"], object]
    raises: str
    status: int
    says: str


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The same wish in our words and in ccxt's.

    `beside` names rows of endpoints.toml that ccxt asks on its way; they are answered and not
    compared. `reads` compares what both made of the answer (ours, ccxt's) where the result is
    none of those that `reading.py` knows.
    """

    operation: Operation[Any]
    call: Callable[[Client], Any]
    beside: tuple[str, ...] = ()
    reads: Callable[[Any, Any], None] | None = None


@dataclass(frozen=True, kw_only=True)
class Wire:
    """What is needed to compare requests and answers."""

    # Added to the usual wishes, or in the place of one; None takes it out.
    wishes: Mapping[str, Wish | None] = field(default_factory=dict)
    # The symbol of the wishes, where it is another than the one traded.
    symbol: str = ""
    # Fields of the key that signs (api_key, api_secret, passphrase). Empty: drawn from the card.
    key: Mapping[str, str] = field(default_factory=dict)
    # More keys with which some wishes are compared: kind of key → (fields, names of wishes).
    other_keys: Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]] = field(
        default_factory=dict
    )
    # The stamp that our request is signed with. Empty: the frozen time in the card's units.
    stamp: str = ""
    # What the exchange calls the key's account and its owner, as the example results say it.
    names: Mapping[str, str] = field(default_factory=dict)
    # Holds still what ccxt draws or counts beyond its clock and nonce.
    freeze: Callable[[Client], None] | None = None
    # Applied to both requests before they are compared, where not all can be equal (a random
    # nonce within a JWT). What is left must be everything that can be equal.
    as_compared: Callable[[Sent], Sent] | None = None
    # By operation, an example result or a function of the operation that gives one.
    results: Mapping[type[Operation[Any]], Any] = field(default_factory=dict)
    # By operation, the names of ccxt's fields that are not there or mean something else.
    unread: Mapping[type[Operation[Any]], frozenset[str]] = field(default_factory=dict)
    # By state of an order, ccxt's word for it where that is another than the usual one; under
    # None, for one that was ended when a part of it had been filled.
    states: Mapping[OrderStatus | None, str] = field(default_factory=dict)
    # By reason of catalogue/reasons.py, the class that ccxt raises when the exchange speaks it.
    refusals: Mapping[str, str] = field(default_factory=dict)
    # Operations of endpoints.toml that no call of ccxt asks for, each with the reason.
    unasked: Mapping[type[Operation[Any]], str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Table:
    """One exchange as the suite of real clients meets it."""

    # Traded in the tests, by ccxt's name, which is ours too: BTC/USD, BTC/USDT:USDT.
    symbol: str
    # Well-formed, and not there.
    unknown_key: str
    unknown_order: str
    mistakes: tuple[Mistake, ...]
    # Amounts in ccxt's units: a small order, one that nobody can pay, one below the smallest.
    amount: str = "0.01"
    too_much: str = "50"
    too_little: str = "0.00002"
    # Half of the best bid rests; a nearer price where the exchange refuses one so far off.
    far: float = 0.5
    # An id as clients give their orders.
    client_id: str = "my-order-1"
    # Given to the client's constructor besides addresses and key (uid, options).
    settings: Mapping[str, Any] = field(default_factory=dict)
    # What ccxt's own test-suite is told besides (`make conformance`).
    conformance: Mapping[str, Any] = field(default_factory=dict)
    # Called with every new client, for what is no setting; that suite does not call it.
    prepare: Callable[[Client], None] | None = None
    # Empty: the locked version; else one of OLDER.
    ccxt_version: str = ""
    # Usual mistakes that cannot be made there, and features that are not there; with the reason.
    unmade: Mapping[str, str] = field(default_factory=dict)
    lacks: Mapping[Kind, str] = field(default_factory=dict)
    # A market order to buy says what to spend: ccxt takes a price and multiplies.
    buys_by_cost: bool = False
    # fetch_balance tells what orders hold.
    tells_held: bool = True
    # The class raised for a post-only order that would take, or "" where the order is accepted
    # and then ended.
    post_only_raises: str = "OrderImmediatelyFillable"
    # The class raised for cancelling an order that has ended meanwhile.
    cancel_raises: str = "OrderNotFound"
    # The class raised for too many requests.
    rate_limit_raises: str = "DDoSProtection"
    # The parameter that makes an order conditional, and whether ccxt must be told that the order
    # it is to find or cancel is one.
    stop_by: str = "stopPrice"
    stop_apart: bool = False
    # Addresses that a key for trading must name at this exchange.
    key_addresses: tuple[str, ...] = ()
    wire: Wire = field(default_factory=Wire)

    @property
    def base(self) -> str:
        """Give the currency that is bought."""
        return self.symbol.split("/")[0]

    @property
    def is_contract(self) -> bool:
        """Tell whether the symbol is a contract."""
        return ":" in self.symbol

    @property
    def money(self) -> str:
        """Give the currency that is paid with: the quote, or what a contract is settled in."""
        return self.symbol.split("/")[1].split(":")[-1]

    @property
    def cancelled(self) -> str:
        """Give ccxt's word for an order that was cancelled."""
        return self.wire.states.get(OrderStatus.CANCELLED, "canceled")

    @property
    def scopes(self) -> str:
        """Give the rights of a key that may trade the symbol."""
        return "read,trade_derivatives" if self.is_contract else "read,trade_spot"


def papered_ids() -> tuple[str, ...]:
    """Give the ids of all exchanges that the paper exchange speaks."""
    return tuple(it for it in exchange_ids() if get_card(it).level >= Level.PAPERED)


@cache
def get_table(exchange_id: str) -> Table:
    """Give an exchange's table. Raises: `ModuleNotFoundError` where it has none."""
    table: Table = import_module(f"tests.exchanges.{exchange_id}.clients").TABLE
    return table


def tables_of(version: str) -> dict[str, Table]:
    """Give the tables of the exchanges that this version of ccxt speaks to.

    Exchanges without a table are left out here; `test_tables.py` fails for each.
    """
    found = {}
    for exchange_id in papered_ids():
        try:
            table = get_table(exchange_id)
        except ModuleNotFoundError:
            continue
        if table.ccxt_version == (version if version in OLDER else ""):
            found[exchange_id] = table
    return found
