"""The walk through OWASP ASVS says each point once, says whether it is met, and where to look."""

import re
from collections import Counter
from typing import Final

import pytest

from tests.architecture.tree import ROOT

# How many requirements of level 1 and 2 each section of ASVS 5.0.0 has; they are numbered from 1.
_SECTIONS: Final = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2,
    "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
    "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
    "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "9.1": 3, "9.2": 4,
    "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3,
    "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4,
    "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5,
    "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
    "17.1": 1, "17.2": 4, "17.3": 2,
}  # fmt: skip
_ASKED: Final = [f"{at}.{n + 1}" for at, count in _SECTIONS.items() for n in range(count)]
_ROW: Final = re.compile(
    r"^\| ([\d.]+) \| ([12]) \| ([^|]+) \| (met|\*\*not met\*\*|n/a) \| (.+) \|$", re.MULTILINE
)
_FILE: Final = re.compile(r"`([\w./-]+\.(?:py|md|toml|txt|lock|html|js))`")
_COUNTED: Final = re.compile(
    r"Of (\d+) requirements, (\d+) are met, (\d+) are not, and (\d+) are about what there is not"
)


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs/explain/security.md").read_text(encoding="utf-8")


def _is_there(path: str) -> bool:
    return (ROOT / path).is_file() or (ROOT / "src/drawbridge" / path).is_file()


def test_a_file_that_is_not_there_is_found() -> None:
    assert not _is_there("accounts/nosuch.py")
    assert _is_there("accounts/roles.py")


def test_every_requirement_of_level_1_and_2_stands_there_once_in_order(page: str) -> None:
    assert [row[0] for row in _ROW.findall(page)] == _ASKED


def test_every_row_of_the_walk_can_be_read(page: str) -> None:
    rows = [line for line in page.splitlines() if re.match(r"\| \d+\.\d+\.\d+ ", line)]
    assert len(rows) == len(_ROW.findall(page))


def test_every_file_that_is_named_is_there(page: str) -> None:
    assert [path for path in _FILE.findall(page) if not _is_there(path)] == []


def test_the_sums_are_those_of_the_rows(page: str) -> None:
    rows = _ROW.findall(page)
    counts = Counter(row[3] for row in rows)
    sums = (len(rows), counts["met"], counts["**not met**"], counts["n/a"])
    [told] = _COUNTED.findall(page)
    assert tuple(int(count) for count in told) == sums
