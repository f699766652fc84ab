"""Freqtrade as its users run it: live, with a configuration file, in an environment of its own.

Nothing of it is changed and nothing is imported. It is pointed at an address by its settings and
is asked, in the end, what its own database holds.
"""

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.kit.house import until

PROGRAM: Final = Path(__file__).parents[2] / ".referees" / "freqtrade" / "bin" / "freqtrade"
_STAKE: Final = 100
_ENDS_WITHIN_S: Final = 30
# ccxt lets three seconds pass between two private calls to Kraken.
_SAYS_WITHIN_S: Final = 240
# Enters at the first candle and never leaves by itself.
_STRATEGY: Final = """
from freqtrade.strategy import IStrategy


class Enter(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "1m"
    minimal_roi = {"0": 10}
    stoploss = -0.5
    startup_candle_count = 0

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe["exit_long"] = 0
        return dataframe
"""


@dataclass(frozen=True)
class Filled:
    """An order of freqtrade's own database that was filled."""

    order_id: str
    side: str
    amount: float
    price: float


class Freqtrade:
    """One running freqtrade."""

    def __init__(self, folder: Path, process: "subprocess.Popen[bytes]") -> None:
        """Take what was started in this folder."""
        self._folder = folder
        self._process = process

    async def wait_for(self, words: str) -> None:
        """Wait until it has written something like this into its log."""

        async def is_said() -> bool:
            assert self._process.poll() is None, self.log()
            return words in self.log()

        await until(is_said, f"freqtrade says “{words}”", _SAYS_WITHIN_S)

    def log(self) -> str:
        """Give all that it has written."""
        return (self._folder / "log.txt").read_text("utf-8", errors="replace")

    def filled(self) -> list[Filled]:
        """Read the orders that it holds to be filled."""
        address = f"file:{self._folder / 'trades.sqlite'}?mode=ro"
        with sqlite3.connect(address, uri=True) as database:
            rows = database.execute(
                "SELECT order_id, ft_order_side, filled, average FROM orders WHERE filled > 0"
            )
            return [Filled(*row) for row in rows]


@contextmanager
def trading(folder: Path, exchange: Mapping[str, Any]) -> Iterator[Freqtrade]:
    """Let freqtrade trade live in a folder, by a pasted block `exchange`, until this block ends."""
    assert PROGRAM.is_file(), "`make bots` installs it"
    strategies = folder / "user_data" / "strategies"
    strategies.mkdir(parents=True)
    (strategies / "enter.py").write_text(_STRATEGY, encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(_settings(exchange)), encoding="utf-8")
    command = [
        *(str(PROGRAM), "trade", "--userdir", "user_data", "--config", "config.json"),
        *("--strategy", "Enter", "--db-url", "sqlite:///trades.sqlite"),
    ]
    # Its log breaks lines where a terminal would; here lines stay whole.
    environment = {**os.environ, "COLUMNS": "100000"}
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment)
    try:
        yield Freqtrade(folder, process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _settings(exchange: Mapping[str, Any]) -> dict[str, Any]:
    book = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
    return {
        "max_open_trades": 1,
        "stake_currency": exchange["pair_whitelist"][0].partition("/")[2],
        "stake_amount": _STAKE,
        "dry_run": False,
        "timeframe": "1m",
        "trading_mode": "spot",
        "margin_mode": "",
        "cancel_open_orders_on_exit": True,
        "unfilledtimeout": {"entry": 10, "exit": 10, "unit": "minutes"},
        "entry_pricing": book,
        "exit_pricing": book,
        "exchange": {**exchange, "enable_ws": False},
        "pairlists": [{"method": "StaticPairList"}],
        "telegram": {"enabled": False, "token": "", "chat_id": ""},
        "bot_name": "acceptance",
        "initial_state": "running",
        "force_entry_enable": False,
        "internals": {"process_throttle_secs": 3},
    }
