"""People's own strategies decide in a process of their own, which holds nothing and may die."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drawbridge.app.own_strategies import OwnStrategies
from drawbridge.core.errors import BadInput, ExchangeDown
from drawbridge.robots.backtest.recorded import read_recorded
from drawbridge.robots.own.loading import own_strategies_by, own_strategies_in
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import IN, NOTHING_HELD, OUT, UNSAID, Held
from tests.kit.strategies import candles_at, said_over
from tests.robots.own.test_own import BUYER, CLASS, CROSS, DIP

HELD = Held(quantity=1.0, price=100.0, entry=100.0, best=100.0, since=2)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnStrategies]:
    strategies = OwnStrategies(tmp_path, within_s=5.0)
    yield strategies
    strategies.close()


def written(folder: Path, name: str, text: str) -> str:
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return f"own:{name}"


def test_a_file_that_fails_is_told_as_everywhere(own: OwnStrategies, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="unknown_own_strategy"):
        own.strategy("own:none")
    with pytest.raises(BadInput, match="own_syntax") as caught:
        own.strategy(written(tmp_path, "broken", "def decide(view"))

    assert caught.value.facts["line"] == 1


def test_a_file_that_places_orders_is_refused(own: OwnStrategies, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="own_order_strategy_not_here"):
        own.strategy(written(tmp_path, "buyer", BUYER))


def test_what_fails_while_deciding_is_told_with_its_candle(
    own: OwnStrategies, tmp_path: Path
) -> None:
    name = written(tmp_path, "divides", "def decide(view):\n  return 1 / (view.close() - 3)\n")
    with pytest.raises(BadInput, match="own_failed") as caught:
        own.decide(name, {}, candles_at([4, 4, 3]))

    assert (caught.value.facts["candle"], caught.value.facts["line"]) == (2, 2)


def test_who_is_silent_is_ended_and_the_next_question_is_answered(tmp_path: Path) -> None:
    own = OwnStrategies(tmp_path, within_s=1.0)
    name = written(tmp_path, "loops", "def decide(view):\n  while True: pass\n")
    good = written(tmp_path, "good", CROSS)
    try:
        with pytest.raises(BadInput, match="own_process_silent") as caught:
            own.decide(name, {}, candles_at([1, 2]))
        assert caught.value.facts["strategy"] == name
        assert own.decide(good, {}, candles_at([1, 2])) == OUT
    finally:
        own.close()


def test_who_ends_the_process_ends_only_itself(own: OwnStrategies, tmp_path: Path) -> None:
    name = written(tmp_path, "quits", "import os\ndef decide(view):\n  os._exit(3)\n")
    with pytest.raises(BadInput, match="own_process_died"):
        own.decide(name, {}, candles_at([1, 2]))

    assert own.decide(written(tmp_path, "good", CROSS), {}, candles_at([1, 2])) == OUT


def test_a_view_of_a_process_that_is_gone_is_not_taken_for_another(
    own: OwnStrategies, tmp_path: Path
) -> None:
    name = written(tmp_path, "dip", DIP)
    looked = own.look(name, {}, candles_at([100, 90]))
    own.close()
    own.look(name, {}, candles_at([100, 101]))

    with pytest.raises(ExchangeDown, match="own_view_gone"):
        own.said(name, looked, 1, NOTHING_HELD)


ASKER = """
import sys
from pathlib import Path
from drawbridge.app.own_strategies import OwnStrategies
from drawbridge.robots.columns import columns_of

one = columns_of([0, 1, 1, 1, 1, 1])
OwnStrategies(Path(sys.argv[1]), within_s=600).decide("own:loops", {}, one)
"""


def test_when_whoever_asked_is_gone_the_process_ends_in_the_midst_of_a_loop(
    tmp_path: Path,
) -> None:
    """Security: nothing of a person's code is left running by a kill -9 of the gateway."""
    fifo = tmp_path / "told"
    os.mkfifo(fifo)
    text = f"""
def decide(view):
    told = open({str(fifo)!r}, "w")
    told.write("begun\\n")
    told.flush()
    while True: pass
"""
    written(tmp_path, "loops", text)
    asking = [sys.executable, "-c", ASKER, str(tmp_path)]
    with subprocess.Popen(asking) as asker, fifo.open() as heard:
        assert heard.readline() == "begun\n"
        asker.kill()
        # The end of the file is the end of the process that held it.
        assert heard.read() == ""


def test_nothing_of_the_environment_reaches_it(own: OwnStrategies, tmp_path: Path) -> None:
    """Security: what stands in this process's environment is not the strategy's business."""
    told = tmp_path / "told"
    text = f"""
import os
open({str(told)!r}, "w").write(" ".join(sorted(os.environ)))
print("a print that disturbs nothing")
def decide(view):
    print("another one")
    return "in"
"""
    assert own.decide(written(tmp_path, "nosy", text), {}, candles_at([1])) == IN

    # Python itself adds the second one.
    assert set(told.read_text().split()) <= {"PATH", "LC_CTYPE"}
    assert len(os.environ) > 2


@pytest.mark.parametrize("text", [CROSS, CLASS], ids=["function", "class"])
def test_it_decides_as_it_does_in_a_backtest(own: OwnStrategies, tmp_path: Path, text: str) -> None:
    name, candles = written(tmp_path, "mine", text), read_recorded("ETH-BTC").last(400)
    with own_strategies_in(tmp_path):
        expected = said_over(get_strategy(name), candles)
    with own_strategies_by(own.strategy):
        strategy = get_strategy(name)

    assert said_over(strategy, candles) == expected
    assert {IN, OUT} <= set(expected)


def test_settings_and_reach_are_those_of_the_file(own: OwnStrategies, tmp_path: Path) -> None:
    name = written(tmp_path, "mine", CROSS)
    with own_strategies_in(tmp_path):
        expected = get_strategy(name)
    strategy = own.strategy(name)

    settings = strategy.read_settings({"fast": "7", "side": "down", "eager": "yes"})
    assert strategy.parameters == expected.parameters
    assert strategy.tell_settings(settings)["side"] == "down"
    assert strategy.reach(settings) == expected.reach(settings)


def test_what_is_held_is_told(own: OwnStrategies, tmp_path: Path) -> None:
    strategy = own.strategy(written(tmp_path, "dip", DIP))
    prices = candles_at([100, 97, 98, 100.6])

    assert said_over(strategy, prices) == [OUT, IN, OUT, OUT]
    assert said_over(strategy, prices, HELD) == [UNSAID, UNSAID, UNSAID, OUT]
    assert own.decide("own:dip", {"gain": "4"}, prices, HELD) == UNSAID
