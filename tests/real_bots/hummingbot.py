"""Hummingbot's own connectors, run by its own clock in an environment of its own.

The pasted file leads them to us; nothing of hummingbot is changed and nothing is imported here.
Its terminal and its strategies are left out: what they do is what is done here by hand.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROGRAM: Final = Path(__file__).parents[2] / ".referees" / "hummingbot" / "bin" / "python"
_ENDS_WITHIN_S: Final = 240
_DESK: Final = """
import asyncio
import importlib
import json
import sys
from decimal import Decimal

from hummingbot.core.clock import Clock, ClockMode
from hummingbot.core.data_type.common import OrderType
from hummingbot.core.event.event_logger import EventLogger
from hummingbot.core.event.events import MarketEvent

WITHIN_S = 60


async def until(condition):
    for _ in range(10 * WITHIN_S):
        if condition():
            return True
        await asyncio.sleep(0.1)
    return False


async def main(name, pair, key, secret):
    module = importlib.import_module(f"hummingbot.connector.exchange.{name}.{name}_exchange")
    connector = getattr(module, f"{name.capitalize()}Exchange")(key, secret, trading_pairs=[pair])
    heard = EventLogger()
    for event in MarketEvent:
        connector.add_listener(event, heard)
    clock = Clock(ClockMode.REALTIME, 1.0)
    clock.add_iterator(connector)

    async def tick():
        with clock:
            await clock.run()

    def names():
        return [type(it).__name__ for it in heard.event_log]

    ticking = asyncio.create_task(tick())
    ready = await until(lambda: connector.ready)
    said = {"ready": ready, "status": connector.status_dict}
    if ready:
        amount, price = Decimal("0.001"), connector.get_price(pair, True)
        connector.buy(pair, amount, OrderType.LIMIT, price * Decimal("1.01"))
        resting = connector.buy(pair, amount, OrderType.LIMIT, price * Decimal("0.8"))
        ends = ("BuyOrderCompletedEvent", "MarketOrderFailureEvent")
        await until(lambda: names().count("BuyOrderCreatedEvent") == 2 or ends[1] in names())
        await until(lambda: any(it in names() for it in ends))
        connector.cancel(pair, resting)
        await until(lambda: "OrderCancelledEvent" in names() or ends[1] in names())
        # Its fills are told apart from its orders, and may come behind them.
        await until(lambda: "OrderFilledEvent" in names() or ends[1] in names())
        said["filled"] = [
            str(it.amount)
            for it in heard.event_log
            if type(it).__name__ == "OrderFilledEvent"
        ]
    said["events"] = names()
    print(json.dumps(said))
    ticking.cancel()
    await connector.stop_network()


asyncio.run(main(*sys.argv[1:]))
"""


@dataclass(frozen=True)
class Told:
    """What hummingbot itself says of the two orders; `log` is all that it wrote beside."""

    ready: bool
    events: list[str]
    filled: list[str]
    log: str


def trade(folder: Path, pasted: str, name: str, pair: str) -> Told:
    """Let a connector buy once at market's price and once far below, and cancel that again.

    `pasted` is the text for hummingbot: its comments name key and secret, as people read them.
    """
    assert PROGRAM.is_file(), "`make bots` installs it"
    (folder / "sitecustomize.py").write_text(pasted, encoding="utf-8")
    (folder / "desk.py").write_text(_DESK, encoding="utf-8")
    lines = [line.partition(": ")[2] for line in pasted.splitlines() if line.startswith("#   API")]
    ended = subprocess.run(
        [str(PROGRAM), "desk.py", name, pair, *lines],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=_ENDS_WITHIN_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout.splitlines()[-1])
    return Told(said["ready"], said["events"], said.get("filled", []), ended.stderr)
