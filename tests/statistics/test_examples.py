"""Scenario 57: the hand-worked examples of the documentation, read from it and held to the product.

Whoever changes a formula has to change the page that people read, and the other way round.
"""

import dataclasses
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from drawbridge.core.orders import Fill
from drawbridge.statistics.service import Ground, Report, report_on
from tests.architecture.tree import ROOT
from tests.kit.trades import SYMBOL, trade

PAGE = (ROOT / "docs/explain/statistics.md").read_text(encoding="utf-8")
EXAMPLES = PAGE.partition("\n## Examples\n")[2].split("\n### ")[1:]
DASH = "\N{EN DASH}"
PLACES = 8


def _tables(text: str) -> list[list[list[str]]]:
    """Give the rows of each table, without its head."""
    blocks = re.findall(r"(?:^\|.*\|\n?)+", text, re.MULTILINE)
    return [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in block.splitlines()[2:]]
        for block in blocks
    ]


def _fill(row: list[str]) -> Fill:
    at = datetime.strptime(row[0], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return trade(row[1], row[2], row[3], int(at.timestamp()) * 1_000, row[4])


def _figure(report: Report, name: str) -> str:
    for part in (report.figures, report.ratios, report.activity):
        if name in {field.name for field in dataclasses.fields(part)}:
            return _told(getattr(part, name))
    message = f"no figure is called {name}"
    raise AssertionError(message)


def _told(value: object) -> str:
    if value is None:
        return DASH
    if isinstance(value, tuple):
        return ", ".join(f"{amount} {currency}" for currency, amount in value)
    return f"{round(Decimal(str(value)), PLACES).normalize():f}"


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == 9


@pytest.mark.parametrize("example", EXAMPLES[:-1], ids=lambda text: text.partition("\n")[0])
def test_an_example_of_the_page_is_what_the_product_reckons(example: str) -> None:
    trades, figures = _tables(example)
    fills = [_fill(row) for row in trades]
    report = report_on(fills, Ground(SYMBOL, Decimal(1000), interval_ms=3_600_000))
    assert {name: _figure(report, name) for name, _ in figures} == dict(figures)


def test_the_example_of_day_returns_is_what_the_product_reckons() -> None:
    (figures,) = _tables(EXAMPLES[-1])
    noon = 1_767_614_400_000
    bought = trade("buy", "1", "1000", noon - 1)
    closes = [
        (noon + day * 86_400_000, Decimal(value))
        for day, value in enumerate(("1010", "989.8", "1019.494"))
    ]
    report = report_on([bought], Ground(SYMBOL, Decimal(1000), prices=closes))
    assert {name: _figure(report, name) for name, _ in figures} == dict(figures)
