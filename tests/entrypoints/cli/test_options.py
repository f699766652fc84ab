"""Texts of options, and how output is written."""

from decimal import Decimal

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.cli.options import read_list, read_pairs, read_span_ms
from drawbridge.entrypoints.cli.output import print_fields, print_json, print_table


@pytest.mark.parametrize("text", ["", "90", "d", "-1d", "1.5d", "1y", "01d", "9999999d", "\u0661d"])
def test_a_span_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="bad_span") as caught:
        read_span_ms(text, "expires")

    assert caught.value.facts["field"] == "expires"


@pytest.mark.parametrize(
    ("text", "span_ms"), [("90d", 7_776_000_000), (" 12h ", 43_200_000), ("30m", 1_800_000)]
)
def test_a_span_is_read(text: str, span_ms: int) -> None:
    assert read_span_ms(text, "expires") == span_ms


def test_a_secret_is_never_printed_as_json() -> None:
    with pytest.raises(TypeError):
        print_json({"secret": Secret("hidden")})


def test_amounts_are_printed_exactly(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"amount": Decimal("1.10"), "names": frozenset({"b", "a"})})

    assert capsys.readouterr().out == '{"amount": "1.1", "names": ["a", "b"]}\n'


def test_tables_are_plain_columns_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["name", "n"], [["alpha", "1"], ["b", "22"]])
    print_fields({"one": "1", "three": "3"})

    assert capsys.readouterr().out == "name   n\nalpha  1\nb      22\none    1\nthree  3\n"


def test_pairs_and_lists_are_read() -> None:
    assert read_pairs(["fast=1", " slow = 2"], "set") == {"fast": "1", "slow": "2"}
    assert read_list("read, trade_spot,,") == ("read", "trade_spot")
