"""Pictures of strategies: one for each, drawn by its own code, and without a word in it.

That the files are current is proven with the other documents (tests/architecture).
"""

import json
from xml.etree import ElementTree as ET

import pytest

from drawbridge.core.orders import Side
from drawbridge.robots.own.driving import drive
from drawbridge.robots.strategies import STRATEGIES
from drawbridge.wording.say import has_words, say
from tools.draw_strategies import IDEAS, documents, draw, lines, page, prices

_SVG = "{http://www.w3.org/2000/svg}"
EACH = pytest.mark.parametrize("strategy_id", STRATEGIES)


def test_every_strategy_has_a_picture_and_no_other_has() -> None:
    assert set(IDEAS) == set(STRATEGIES)
    assert {path.stem for path in documents() if path.suffix == ".svg"} == set(STRATEGIES)


@EACH
def test_a_picture_has_no_word_in_any_language_and_needs_no_script(strategy_id: str) -> None:
    root = ET.fromstring(draw(strategy_id))  # noqa: S314  our own text

    numbers = [it.text for it in root.iter(f"{_SVG}text")]
    assert numbers == [str(at + 1) for at in range(len(json.loads(lines())[strategy_id]))]
    assert {it.tag for it in root.iter()} <= {f"{_SVG}{it}" for it in ("svg", "path", "text")}
    assert not any(name.startswith("on") for it in root.iter() for name in it.attrib)


def test_every_line_of_a_picture_has_a_name() -> None:
    named = {line for idea in IDEAS.values() for line in (*idea.lines, *idea.panel)}

    assert [line for line in sorted(named) if not has_words(f"robots.line.{line}")] == []


@EACH
def test_it_buys_and_sells_in_its_picture(strategy_id: str) -> None:
    strategy = STRATEGIES[strategy_id]
    settings = strategy.read_settings(IDEAS[strategy_id].settings)

    _, deals = drive(strategy, settings, prices())

    assert {deal.side for deal in deals} == {Side.BUY, Side.SELL}


def test_the_page_tells_every_setting() -> None:
    text = page()

    missing = [
        f"{strategy.id}.{it.name}"
        for strategy in STRATEGIES.values()
        for it in strategy.parameters
        if f"| `{it.name}` | {say(f'robots.parameter.{it.name}.name')} |" not in text
    ]
    assert missing == []
