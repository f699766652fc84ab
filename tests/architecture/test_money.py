"""No float money."""

from pathlib import Path

from tests.architecture.money import find_floats
from tests.architecture.planting import bites, plant
from tests.architecture.survey import assert_kept


def test_a_float_outside_its_rooms_is_found(tmp_path: Path) -> None:
    text = "def f(price: float) -> None: ...\nhalf = 0.5\nx = float('1')\nwhole = 5\n"
    files = {
        "drawbridge/core/x.py": text,
        "drawbridge/robots/backtest.py": text,
        "drawbridge/statistics/equity.py": text,
    }
    found = bites(find_floats, plant(tmp_path, files))
    assert found == [f"drawbridge/core/x.py:{line}" for line in (1, 2, 3)]


def test_seconds_of_the_event_loop_are_let_be_where_their_name_says_so(tmp_path: Path) -> None:
    text = "PAUSE_S = 0.25\ndef f(wait_s: float) -> None: ...\nPRICE = 0.25\nfees = 0.1\n"
    found = bites(find_floats, plant(tmp_path, {"drawbridge/paper/x.py": text}))
    assert found == ["drawbridge/paper/x.py:3", "drawbridge/paper/x.py:4"]


def test_the_product_holds_no_float_money() -> None:
    assert_kept(find_floats)
