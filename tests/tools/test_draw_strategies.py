"""Pictures of strategies: one for each, drawn by its own code, readable without seeing it.

That the files are current is proven with the other documents (tests/architecture).
"""

from xml.etree import ElementTree as ET

import pytest

from drawbridge.core.orders import Side
from drawbridge.robots.own.driving import drive
from drawbridge.robots.strategies import STRATEGIES
from drawbridge.wording.say import say
from tools.draw_strategies import IDEAS, documents, draw, page, prices

_SVG = "{http://www.w3.org/2000/svg}"
EACH = pytest.mark.parametrize("strategy_id", STRATEGIES)


def test_every_strategy_has_a_picture_and_no_other_has() -> None:
    assert set(IDEAS) == set(STRATEGIES)
    assert {path.stem for path in documents() if path.suffix == ".svg"} == set(STRATEGIES)


@EACH
def test_a_picture_is_told_in_words_and_needs_no_script(strategy_id: str) -> None:
    root = ET.fromstring(draw(strategy_id))  # noqa: S314  our own text

    assert root.findtext(f"{_SVG}title") == say(f"robots.strategy.{strategy_id}.name")
    assert root.findtext(f"{_SVG}desc") == say(f"robots.strategy.{strategy_id}.about")
    assert {it.tag for it in root.iter()} <= {f"{_SVG}{it}" for it in _TAGS}
    assert not any(name.startswith("on") for it in root.iter() for name in it.attrib)


_TAGS = ("svg", "title", "desc", "path", "text")


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
