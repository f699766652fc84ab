"""What ccxt's own suite prints is read rightly, and accepted failures are neither more nor less."""

from pathlib import Path

import pytest

from tools.conformance.accepted import Accepted, find_faults, read_accepted, skips
from tools.conformance.outcomes import WHOLE, Outcome, State, read_outcomes

PRINTED = """\
[INFO] TESTING            kraken loadMarkets
[INFO] TESTING DONE       kraken loadMarkets
[INFO] TESTING            kraken loadMarkets ([])
[INFO] TESTING DONE       kraken loadMarkets
[INFO:MAIN] Exchange loaded 6 symbols
[INFO] ### SPOT TESTS ###
[INFO] UNSUPPORTED_TEST   kraken fetchLastPrices
[INFO] TESTING            kraken fetchTicker (["BTC/USD"])
[INFO] TESTING            kraken fetchTrades (["BTC/USD"])
[INFO] TESTING DONE       kraken fetchTrades
[INFO] TESTING FAILED     kraken fetchTicker
[TEST_FAILURE] kraken fetchTicker ["BTC/USD"]  (Last url: http://x ) [AssertionError] Traceback
  File "tests_async.py", line 306, in test_safe
    await self.test_method(method_name)
AssertionError: "bid" key is missing <<< kraken fetchTicker ::: {"symbol":"BTC/USD"}

[TEST_FAILURE] kraken PUBLIC_TESTS Failed methods : fetchTicker
[INFO] END PUBLIC_TESTS kraken
[INFO] TESTING            kraken fetchBalance ([])
[INFO] TESTING DONE       kraken fetchBalance
[INFO] TESTING            kraken fetchOrders (["BTC/USD"])
[INFO] UNIMPLEMENTED_TEST kraken cancelAllOrders
"""


def test_each_method_has_its_outcome_and_what_failed_says_why() -> None:
    told = {it.method: it for it in read_outcomes(PRINTED, "kraken", finished=False)}
    assert {name: it.state.value for name, it in told.items()} == {
        "loadMarkets": "passed",
        "fetchLastPrices": "skipped",
        "fetchTrades": "passed",
        "fetchTicker": "failed",
        "fetchBalance": "passed",
        "cancelAllOrders": "skipped",
        "fetchOrders": "failed",
    }
    assert told["fetchTicker"].why == 'AssertionError: "bid" key is missing'
    assert told["fetchOrders"].why == "it did not come to an end"
    assert told["fetchTrades"].is_public
    assert not told["fetchBalance"].is_public


def test_a_failure_of_no_method_is_one_of_the_whole_run() -> None:
    printed = "[TEST_FAILURE] <class 'ImportError'> No module named 'x' \n<UNHANDLED EXCEPTION>\n"
    (told,) = read_outcomes(printed, "kraken", finished=True)
    assert (told.method, told.state) == (WHOLE, State.FAILED)


def test_a_method_that_failed_once_has_failed() -> None:
    """Spot and contracts are tested one after the other under the same names."""
    again = PRINTED + "[INFO] TESTING DONE       kraken fetchTicker\n"
    told = {it.method: it.state for it in read_outcomes(again, "kraken", finished=True)}
    assert told["fetchTicker"] is State.FAILED


FAILED = Outcome("fetchTicker", State.FAILED, "why")
PASSED = Outcome("fetchTrades", State.PASSED)


@pytest.mark.parametrize(
    ("entries", "faults"),
    [
        ((), ("fetchTicker: why",)),
        ((Accepted("rest", "fetchTicker", "so it is", "why"),), ()),
        ((Accepted("rest", "fetchTicker", "so it is", "not so"),), ("fetchTicker: why",)),
        ((Accepted("ws", "fetchTicker", "another suite", "why"),), ("fetchTicker: why",)),
        # Checks were left out, and it failed nevertheless.
        ((Accepted("rest", "fetchTicker", "x", properties=("bid",)),), ("fetchTicker: why",)),
        (
            (
                Accepted("rest", "fetchTicker", "x", "why"),
                Accepted("rest", "fetchTrades", "no more", "why"),
            ),
            ("fetchTrades: accepted, and passes",),
        ),
        (
            (
                Accepted("rest", "fetchTicker", "x", "why"),
                Accepted("rest", "fetchTrades", "as the market goes", "why", sometimes=True),
            ),
            (),
        ),
    ],
)
def test_only_failures_that_are_accepted_are_none(
    entries: tuple[Accepted, ...], faults: tuple[str, ...]
) -> None:
    assert find_faults(entries, "rest", (FAILED, PASSED)) == faults


def test_checks_are_left_out_by_the_names_that_ccxt_has_for_them() -> None:
    entries = (
        Accepted("rest", "loadMarkets", "as the exchange", properties=("currencyIdAndCode",)),
        Accepted("rest", "fetchTicker", "whole", "why"),
        Accepted("ws", "watchTicker", "other", properties=("bid",)),
    )
    assert skips(entries, "rest") == {"loadMarkets": {"currencyIdAndCode": "as the exchange"}}
    assert skips(entries, "rest", without="loadMarkets") == {}


@pytest.mark.parametrize(
    "row",
    [
        'suite = "rest"\nmethod = "fetchTicker"',
        'suite = "rest"\nmethod = "fetchTicker"\nreason = "x"',
        'suite = "rest"\nmethod = "fetchTicker"\nreason = "x"\nsays = "a"\nproperties = ["b"]',
        'suite = "sync"\nmethod = "fetchTicker"\nreason = "x"\nsays = "y"',
        'suite = "rest"\nmethod = "fetchTicker"\nreason = "x"\nsays = "y"\nbecause = "z"',
    ],
)
def test_an_accepted_failure_without_a_reason_is_refused(tmp_path: Path, row: str) -> None:
    listed = tmp_path / "accepted_failures.toml"
    listed.write_text(f"[[accepted]]\n{row}\n")
    with pytest.raises(ValueError, match="needs suite, method, reason"):
        read_accepted(listed)


def test_no_file_accepts_nothing(tmp_path: Path) -> None:
    assert read_accepted(tmp_path / "accepted_failures.toml") == ()
