"""The reasons for which an exchange may say no, and what each may be read back as.

Every exchange that the paper exchange speaks has words for each of them in its `errors.toml`.
Some exchanges use the same words for several reasons, hence several families.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_ACCESS: Final = frozenset({"not_proven", "forbidden"})
_STAMP: Final = frozenset({"not_proven", "bad_input"})
_REQUEST: Final = frozenset({"bad_input"})
_ABSENT: Final = frozenset({"not_found"})
_NO: Final = frozenset({"refused"})
_DOWN: Final = frozenset({"down"})

REASONS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "bad_key",
                "bad_key_format",
                "bad_signature",
                "ip_not_allowed",
                "key_expired",
                "right_missing",
            ),
            _ACCESS,
        ),
        **dict.fromkeys(("stale_stamp", "stamp_ahead", "used_nonce", "bad_stamp"), _STAMP),
        **dict.fromkeys(("missing_parameter", "malformed", "bad_interval"), _REQUEST),
        "unknown_endpoint": _ABSENT | {"forbidden", "bad_input"},
        "unknown_symbol": _ABSENT | {"bad_input"},
        "unknown_order": _ABSENT,
        "unknown_order_cancel": _ABSENT,
        **dict.fromkeys(
            (
                "insufficient_funds",
                "too_small",
                "notional_too_small",
                "price_off_tick",
                "quantity_off_step",
                "too_large",
                "price_out_of_range",
                "post_only_would_take",
                "market_closed",
            ),
            _NO,
        ),
        "duplicate_client_id": _NO | {"conflict"},
        "too_many_orders": _NO | {"down"},
        **dict.fromkeys(("rate_limited", "overloaded", "maintenance"), _DOWN),
        "banned": _DOWN | _NO,
        "timed_out": frozenset({"unknown"}),
    }
)
