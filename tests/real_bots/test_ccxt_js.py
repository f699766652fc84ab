"""Unmodified ccxt in JavaScript trades through the proxy on the paper exchange."""

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from tests.kit.proxied import Proxied
from tests.real_bots.pasting import PAIRS, READS, TRADES, orders_of_bots, pasted

_FOLDER: Final = Path(__file__).parents[2] / ".referees" / "js"
_PRICES: Final = {"binance": "20000", "kraken": "20000"}
# Of Binance's refusal ccxt makes a reason to slow down, once the key has been good for anything.
_REFUSALS: Final = {"binance": {"DDoSProtection"}, "kraken": {"PermissionDenied"}}
_AMOUNT: Final = "0.002"
_WITHIN_S: Final = 120


def _run(bridge: Proxied, exchange_id: str, scopes: tuple[str, ...]) -> Any:  # noqa: ANN401  a table of JSON
    assert (_FOLDER / "node_modules" / "ccxt").is_dir(), "`make bots` installs it"
    _, text = pasted(bridge, exchange_id, scopes, "ccxt_javascript")
    begun = text.index("{", text.index(" new ccxt."))
    settings, _ = json.JSONDecoder().raw_decode(text[begun:])
    wanted = {
        "exchange": exchange_id,
        "settings": settings,
        "symbol": PAIRS[exchange_id],
        "amount": _AMOUNT,
        "price": _PRICES[exchange_id],
        "reads": scopes == READS,
    }
    told = subprocess.run(
        ["node", "trade.mjs", json.dumps(wanted)],
        cwd=_FOLDER,
        capture_output=True,
        text=True,
        timeout=_WITHIN_S,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


@pytest.mark.parametrize("exchange_id", sorted(PAIRS))
def test_it_reads_rests_cancels_and_buys(bridge: Proxied, exchange_id: str) -> None:
    """Scenario 78: whatever it does, the paper exchange holds the same."""
    told = _run(bridge, exchange_id, TRADES)
    assert told["open"] == [told["rested"]]
    base = PAIRS[exchange_id].partition("/")[0]
    bought = Decimal(str(told["after"][base])) - Decimal(str(told["before"].get(base, 0)))
    orders = orders_of_bots(bridge, exchange_id)
    assert orders[told["rested"]].filled == 0
    assert orders[told["bought"]].filled == Decimal(_AMOUNT)
    assert Decimal(0) < bought <= Decimal(_AMOUNT), "what was bought, less the fee at most"


@pytest.mark.parametrize("exchange_id", sorted(PAIRS))
def test_with_a_key_that_reads_it_is_refused_as_by_the_exchange(
    bridge: Proxied, exchange_id: str
) -> None:
    """Scenario 79: its own permission error, and the exchange never hears of the order."""
    before = set(orders_of_bots(bridge, exchange_id))
    told = _run(bridge, exchange_id, READS)
    assert told["balance"]
    assert told["refused"] in _REFUSALS[exchange_id]
    assert set(orders_of_bots(bridge, exchange_id)) == before
