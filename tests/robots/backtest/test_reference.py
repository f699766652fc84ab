"""Our backtest against two independent ones: equal trades, to the last digit that both define."""

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

FOLDER = Path(str(files("drawbridge.paper") / "data"))
RECORDINGS = ("BTC-USD-perp-1m-2022-01", "ETH-BTC-5m-2018-01", "XRP-USDT-perp-5m-2021-11")
MOST = 6_000


def test_trades_equal_those_of_backtesting_py_and_vectorbt() -> None:
    """Both warn while they are imported, so they run in a process of their own."""
    paths = [str(FOLDER / f"{recording}.csv.gz") for recording in RECORDINGS]
    command = [sys.executable, "-m", "benchmarks.backtest_references", str(MOST), *paths]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)

    told = json.loads(ran.stdout)
    assert [it["strategy"] for it in told] == ["ema_cross", "bollinger", "donchian"] * 3
    for it in told:
        unequal = [
            (it["strategy"], library, what)
            for library in ("backtesting", "vectorbt")
            for what, value in it[library].items()
            if value is False
        ]
        assert unequal == []
        assert it["backtesting"]["trades"] >= 15
        assert it["vectorbt"]["fills"] >= 30
