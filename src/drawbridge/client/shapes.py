"""What several groups of operations take and give."""

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

KeyStatus = Literal[
    "unverified",
    "checking",
    "enabled",
    "read_only",
    "disabled",
    "refused",
    "invalid",
    "cleanup_pending",
]
OnStop = Literal["market", "limit", "keep"]
OrderType = Literal["market", "limit"]
PositionSide = Literal["both", "long", "short"]
Proof = Literal["order", "dry_run", "skip"]
Role = Literal["owner", "member", "read_only", "operator"]
Scope = Literal[
    "read",
    "trade_spot",
    "trade_margin",
    "trade_derivatives",
    "transfer",
    "withdraw",
    "manage_keys",
    "other",
]
Side = Literal["buy", "sell"]
Venue = Literal["live", "paper"]


class CodeGiven(TypedDict):
    """The proof that a person stands behind it."""

    code: str


class Reason(TypedDict):
    """Why something stands as it does: a stable code, and the sentence that a person reads."""

    code: str
    message: str
    facts: Mapping[str, Any]


class Trade(TypedDict):
    """An execution of an order; the fee is taken in `fee_currency`."""

    trade_id: str
    order_id: str
    client_id: str
    key_id: str
    exchange: str
    venue: Venue
    origin: str
    symbol: str
    side: Side
    type: OrderType
    price: str
    quantity: str
    fee: str
    fee_currency: str
    is_maker: bool
    time_ms: int
    realised: str
    position_side: PositionSide
