"""Requests of bots as a file: exact, in UTC, and no formula in any cell."""

import csv
import io

from drawbridge.gateway.crossing_log import Outcome
from drawbridge.gateway.crossings import LoggedCrossing
from drawbridge.statistics.crossing_file import COLUMNS, write_columns, write_crossings

_ONE = LoggedCrossing(
    n=1,
    at_ms=1_790_035_200_999,
    virtual_id="vk_one",
    exchange="kraken",
    venue="paper",
    endpoint="add_order",
    outcome=Outcome.REFUSED,
    code="virtual_pair",
    rule="pairs",
    status=200,
    took_us=1_250,
    received_bytes=300,
    answered_bytes=45,
    address="127.0.0.1",
)


def _file(labels: dict[str, str]) -> str:
    return write_columns() + write_crossings([_ONE], labels)


def test_a_name_is_no_formula() -> None:
    assert "'=1+1" in write_crossings([_ONE], {"vk_one": "=1+1"})


def test_each_request_is_a_line_under_the_columns() -> None:
    head, line = csv.reader(io.StringIO(_file({"vk_one": "Night bot"})))
    assert tuple(head) == COLUMNS
    assert line == [
        *("2026-09-22T00:00:00Z", "kraken", "paper", "Night bot", "add_order", "refused"),
        *("virtual_pair", "pairs", "200", "1.25", "300", "45", "127.0.0.1"),
    ]


def test_a_virtual_key_without_a_name_is_told_by_its_id() -> None:
    [line] = csv.DictReader(io.StringIO(_file({})))
    assert line["virtual_key"] == "vk_one"
