"""A person's own file becomes a strategy like any other, where it may be run at all."""

from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.robots.backtest.recorded import read_recorded
from drawbridge.robots.backtest.run import BacktestTerms, run_backtest
from drawbridge.robots.own.loading import load_own, own_strategies_in
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import IN, NOTHING_HELD, OUT, UNSAID, Held, Strategy
from tests.kit.strategies import candles_at, said_over

CROSS = '''
from typing import Annotated, Literal
from drawbridge.robots.own import Between, Parameter

def decide(
    view,
    *,
    fast: Annotated[int, Between(2, 50)] = 12,
    slow=Parameter("any", 26, 3, 400),
    share=0.5,
    eager=False,
    side: Literal["up", "down"] = "up",
):
    """Buys when the fast
    average is above."""
    assert eager in (True, False) and side in ("up", "down")
    return "in" if view.ema(fast) > view.ema(slow) else "out"
'''
DIP = '''
def decide(view, *, drop=0.3, gain=0.5):
    """Buys a dip and sells with a gain."""
    if view.held.quantity:
        return "out" if view.close() >= view.held.price * (1 + gain / 100) else None
    return "in" if view.close() < view.close(1) * (1 - drop / 100) else "out"
'''
CLASS = '''
from typing import NamedTuple
import numpy as np
from drawbridge.robots.own import IN, OUT, Parameter

class Seen(NamedTuple):
    close: np.ndarray
    top: np.ndarray

class Breakout:
    """Buys new highs."""

    parameters = (Parameter("span", 3, 2, 50),)
    compiled = True

    @staticmethod
    def look(candles, settings):
        top = np.full(len(candles), np.nan)
        for at in range(settings.span, len(top)):
            top[at] = candles.high[at - settings.span:at].max()
        return Seen(candles.close, top)

    @staticmethod
    def decide(seen, at, settings, held):
        if seen.close[at] > seen.top[at]:
            return IN
        return OUT if seen.close[at] <= seen.top[at] else 0
'''
BUYER = '''
from drawbridge.robots.own import Want
from drawbridge.core.orders import Side

class Buyer:
    """Buys once."""

    def orders(self, memory, settings, scene):
        if memory.get("done") or scene.filled:
            return {"done": True}, []
        return memory, [Want("first", Side.BUY, scene.amount / scene.price / 2)]
'''


def strategy_in(folder: Path, text: str, name: str = "mine") -> Strategy:
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return load_own(path).strategy


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("def decide(view:\n  return", "own_syntax", {"line": 1}),
        ("x = 1\nimport no_such_package", "own_import_failed", {"line": 2}),
        ("x = 1\ny = x / 0", "own_failed_to_load", {"line": 2}),
        ("def helper(a): return a", "own_nothing_found", {}),
        ("def a(view): ...\ndef b(view): ...", "own_several_found", {"found": ["a", "b"]}),
        ("def decide(view, fast): ...", "own_argument_without_default", {"name": "fast"}),
        ("def decide(view, *more): ...", "own_argument_without_default", {"name": "more"}),
        ("def decide(view, a='x'): ...", "own_bad_default", {"name": "a"}),
        ("def decide(view, a=float('nan')): ...", "own_bad_default", {"name": "a"}),
        ("def decide(view, _a=1): ...", "own_bad_name", {}),
        ("class A:\n  parameters = (1,)\n  def decide(self): ...", "own_bad_parameters", {}),
    ],
)
def test_what_is_wrong_about_a_file_is_said_with_its_line(
    tmp_path: Path, text: str, code: str, facts: dict[str, object]
) -> None:
    with pytest.raises(BadInput, match=code) as caught:
        strategy_in(tmp_path, text)

    assert facts.items() <= caught.value.facts.items()


def test_a_default_out_of_its_own_bounds_is_refused(tmp_path: Path) -> None:
    text = (
        "from typing import Annotated\nfrom drawbridge.robots.own import Between\n"
        "def decide(view, fast: Annotated[int, Between(20, 30)] = 12): ..."
    )
    with pytest.raises(BadInput, match="out_of_bounds"):
        strategy_in(tmp_path, text)


@pytest.mark.parametrize("name", ["../mine", "mine.py", "a b", "", "/etc/passwd"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "strategies").mkdir()
    strategy_in(tmp_path, CROSS)
    with own_strategies_in(tmp_path / "strategies"), pytest.raises(NotFound, match="unknown_own"):
        get_strategy(f"own:{name}")


def test_where_nobody_allowed_it_own_code_is_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    strategy_text = f"open({str(ran)!r}, 'w')\n{CROSS}"
    (tmp_path / "mine.py").write_text(strategy_text, encoding="utf-8")
    with pytest.raises(NotFound, match="own_strategy_not_here"):
        get_strategy("own:mine")

    assert not ran.exists()


def test_within_its_folder_it_is_found_by_its_id(tmp_path: Path) -> None:
    strategy_in(tmp_path, CROSS)
    with own_strategies_in(tmp_path):
        assert get_strategy("own:mine").id == "own:mine"
    with pytest.raises(NotFound):
        get_strategy("own:mine")


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    first = strategy_in(tmp_path, CROSS)
    assert strategy_in(tmp_path, CROSS + "\n# more") is not first


def test_arguments_become_settings_with_bounds(tmp_path: Path) -> None:
    strategy = strategy_in(tmp_path, CROSS)
    own = load_own(tmp_path / "mine.py")

    bounds = {it.name: (it.default, it.lowest, it.highest, it.places) for it in strategy.parameters}
    assert bounds == {
        "fast": (12, 2, 50, 0),
        "slow": (26, 3, 400, 0),
        "share": (0.5, 0.0, 5.0, 2),
        "eager": ("no", 0, 0, 0),
        "side": ("up", 0, 0, 0),
    }
    assert own.assumed == ("share",)
    assert own.about == "Buys when the fast average is above."


def test_a_function_says_what_the_same_built_in_strategy_says(tmp_path: Path) -> None:
    candles = read_recorded("ETH-BTC").last(2_000)
    ours, own = get_strategy("ema_cross"), strategy_in(tmp_path, CROSS)

    # Where the built-in one has nothing to say yet, this one says out.
    said = said_over(own, candles, fast="9", slow="21")
    assert said[20:] == said_over(ours, candles, fast="9", slow="21")[20:]


def test_a_function_that_looks_at_what_is_held_is_told_it(tmp_path: Path) -> None:
    strategy = strategy_in(tmp_path, DIP)
    held = Held(quantity=1.0, price=100.0, entry=100.0, best=100.0)
    prices = candles_at([100, 97, 98, 100.6, 104])

    assert not strategy.compiles
    assert said_over(strategy, prices) == [OUT, IN, OUT, OUT, OUT]
    assert said_over(strategy, prices, held) == [UNSAID, UNSAID, UNSAID, OUT, OUT]


@pytest.mark.parametrize("text", [CROSS, DIP, CLASS], ids=["function", "held", "class"])
def test_a_backtest_trades_it_like_any_other(tmp_path: Path, text: str) -> None:
    strategy = strategy_in(tmp_path, text)
    candles = read_recorded("XRP-USDT")
    terms = BacktestTerms(
        symbol="XRP/USDT",
        amount=Decimal(100),
        cash=Decimal(1000),
        fee=Decimal("0.001"),
        quantity_step=Decimal("0.1"),
    )

    results = [
        run_backtest(strategy, strategy.read_settings({}),
                     candles, terms, compiled=compiled)
        for compiled in {False, strategy.compiles}
    ]  # fmt: skip

    assert len(results[0].fills()) > 4
    assert len({result.fills() for result in results}) == 1


def test_a_class_may_place_orders(tmp_path: Path) -> None:
    assert strategy_in(tmp_path, BUYER).orders is not None


def test_what_it_raises_is_told_with_candle_and_line(tmp_path: Path) -> None:
    text = "def decide(view):\n  return 1 / (view.close() - 3)\n"
    with pytest.raises(BadInput, match="own_failed") as caught:
        said_over(strategy_in(tmp_path, text), candles_at([4, 4, 3]))

    assert caught.value.facts["candle"] == 2
    assert caught.value.facts["line"] == 2
    assert "ZeroDivisionError" in str(caught.value.facts["told"])


@pytest.mark.parametrize("answer", ["'maybe'", "2", "True", "[]", "float('nan')"])
def test_a_wrong_answer_is_told_with_its_candle(tmp_path: Path, answer: str) -> None:
    text = f"def decide(view):\n  return {answer} if view.close() > 4 else 'in'\n"
    with pytest.raises(BadInput, match="own_wrong_answer") as caught:
        said_over(strategy_in(tmp_path, text), candles_at([4, 4, 5]))

    assert caught.value.facts["candle"] == 2


def test_numbers_are_answers_too(tmp_path: Path) -> None:
    text = "def decide(view):\n  return int(view.close())\n"

    assert said_over(strategy_in(tmp_path, text), candles_at([1, 0.5])) == [IN, UNSAID]


def test_a_single_candle_is_enough_to_be_asked(tmp_path: Path) -> None:
    strategy = strategy_in(tmp_path, DIP)
    seen = strategy.look(candles_at([5]), strategy.read_settings({}))

    assert strategy.decide is not None
    assert strategy.decide(seen, 0, strategy.read_settings({}), NOTHING_HELD) == OUT


def test_the_reach_follows_the_longest_number_or_what_the_file_tells(tmp_path: Path) -> None:
    plain, told = strategy_in(tmp_path, CROSS), strategy_in(tmp_path, "REACH = 7\n" + CROSS, "told")

    assert plain.reach(plain.read_settings({"slow": 100})) == 1_000
    assert told.reach(told.read_settings({})) == 7
