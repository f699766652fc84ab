"""The newcomer's whole way in one command, with real processes on both sides."""

import json

import pytest

from tests.kit.processes import drawbridge


def test_an_amount_that_is_too_small_ends_with_the_smallest_one() -> None:
    done = drawbridge("demo", "--amount", "1", "--json")

    assert done.returncode == 2
    told = json.loads(done.stderr)
    assert "smallest amount" in told["message"]
    assert told["facts"]["field"] == "amount"


@pytest.mark.parametrize("exchange", ["binance", "kraken"])
def test_the_whole_way_ends_with_a_filled_order_and_balanced_books(exchange: str) -> None:
    """Stories of adding a key (scenarios 5 to 7) and of a robot's order (scenario 59)."""
    done = drawbridge("demo", "--exchange", exchange)

    assert done.returncode == 0, done.stderr
    text = done.stdout
    assert "Test order cancelled" in text
    assert "cannot withdraw" in text
    assert "  filled 0." in text
    assert "sell 0." in text
    assert text.rstrip().endswith("no money was made and none was lost.")
    differences = [line for line in text.splitlines() if "difference" in line]
    assert differences
    assert all(line.endswith("difference 0") for line in differences)
