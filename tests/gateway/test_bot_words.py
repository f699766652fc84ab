"""Our refusals in the words of a bot's exchange, each by the reason that lets the bot do right."""

import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import Conflict, DrawbridgeError, Forbidden, NotProven, OutcomeUnknown
from drawbridge.gateway.bot_words import as_spoken


@pytest.mark.parametrize("exchange_id", ["binance", "okx", "bybit", "kraken"])
@pytest.mark.parametrize(
    ("ours", "spoken"),
    [
        # By whichever of the two it is refused, the bot is to look the order up.
        (Conflict("order_already_intended"), "duplicate_client_id"),
        (Forbidden("virtual_order_repeated"), "duplicate_client_id"),
        (Forbidden("virtual_order_too_large"), "too_large"),
        (Forbidden("virtual_right_missing"), "right_missing"),
        (Forbidden("virtual_revoked"), "bad_key"),
        (NotProven("vault_locked"), "overloaded"),
        (OutcomeUnknown("answer_lost"), "timed_out"),
    ],
)
def test_what_we_refuse_is_said_as_the_exchange_would(
    exchange_id: str, ours: DrawbridgeError, spoken: str
) -> None:
    assert as_spoken(get_exchange(exchange_id), ours).code == spoken
