"""The picture of a robot's chart: a PNG of whole numbers, whatever the market does."""

import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.markets import Candle
from drawbridge.entrypoints.telegram.chart_picture import draw_chart, price_lines
from drawbridge.robots.candle_store import keep_candles, series_of
from drawbridge.wording.language import speaking
from drawbridge.wording.say import say
from tests.entrypoints.telegram.test_menus import add_robot, good_key
from tests.kit.bot_house import BotHouse
from tests.kit.recorded_trades import Whose, record_trades
from tests.kit.trades import trade

BEGIN_MS = 1_790_000_040_000


def candles(count: int, step_ms: int = MINUTE_MS, price: str = "60000") -> list[Candle]:
    made = []
    for n in range(count):
        low = Decimal(price) * (100 + n % 7) / 100
        high, close = low * Decimal("1.05"), low * Decimal("1.02")
        at_ms = BEGIN_MS + n * step_ms
        made.append(Candle(at_ms, low * Decimal("1.01"), high, low, close, Decimal(3)))
    return made


def opened(picture: bytes) -> Image.Image:
    with Image.open(io.BytesIO(picture)) as image:
        assert image.format == "PNG"
        return image.convert("RGB")


def holds(image: Image.Image, colour: str) -> bool:
    wanted = tuple(bytes.fromhex(colour))
    found = image.getcolors(maxcolors=1 << 20) or []
    return any(seen == wanted for _, seen in found)


@pytest.mark.parametrize(
    ("count", "step_ms", "price"),
    [
        (1, MINUTE_MS, "60000"),
        (3, HOUR_MS, "0.00000012"),
        (120, DAY_MS, "123456789"),
        (500, MINUTE_MS, "1"),
    ],
)
def test_every_market_is_drawn(count: int, step_ms: int, price: str) -> None:
    image = opened(draw_chart(candles(count, step_ms, price), (), "BTC/USD", step_ms))
    assert image.size == (1280, 720)


def test_a_market_that_stands_still_is_drawn() -> None:
    one = Decimal(1)
    still = [Candle(BEGIN_MS, one, one, one, one, Decimal(0))]
    assert opened(draw_chart(still, (), "USDT/USD", MINUTE_MS)).size == (1280, 720)


def test_trades_are_marked_and_those_from_before_are_left_out() -> None:
    shown = candles(40)
    inside, before = BEGIN_MS + 20 * MINUTE_MS, BEGIN_MS - MINUTE_MS
    bought, sold = "0b6e6a", "a3262a"
    bare = opened(draw_chart(shown, [trade("buy", "1", "60000", before)], "A/B", MINUTE_MS))
    assert not holds(bare, bought)
    fills = [trade("buy", "1", "60000", inside), trade("sell", "1", "60000", inside + MINUTE_MS)]
    drawn = opened(draw_chart(shown, fills, "A/B", MINUTE_MS))
    assert holds(drawn, bought)
    assert holds(drawn, sold)


@given(
    st.decimals(min_value="0.00000001", max_value="1e9", places=8),
    st.decimals(min_value="0.00000001", max_value="1e9", places=8),
)
def test_lines_are_few_round_and_within(low: Decimal, span: Decimal) -> None:
    lines = price_lines(low, low + span)
    assert len(lines) <= 6
    assert all(low <= line <= low + span for line in lines)
    assert lines == sorted(set(lines))


@pytest.mark.parametrize("language", ["en", "ru", "ja"])
async def test_the_chat_shows_the_chart_with_its_trades(bot: BotHouse, language: str) -> None:
    ada = await bot.linked(language="en")
    key = await good_key(bot, ada)
    robot_id = await add_robot(bot, ada)
    await bot.house.languages.choose(bot.owner, language)
    with speaking(language):
        await ada.press("🔄")
        assert say("telegram.chart.none") in await ada.press("📉")
        await ada.press("⬅️")
        robot = await bot.house.robots.get_robot(bot.owner, robot_id)
        async with bot.house.database.transaction() as tx:
            await keep_candles(tx, series_of(robot.plan), candles(60), 60)
        whose = Whose(bot.owner, key, "kraken", "paper", robot.origin)
        await record_trades(
            bot.house.database, whose, trade("buy", "0.1", "60000", BEGIN_MS + 30 * MINUTE_MS)
        )

        await ada.press("📉")

        shown = ada.seen[-1]
        assert holds(opened(shown.photo), "0b6e6a")
        facts = {"name": robot.name, "symbol": "BTC/USD", "length_ms": MINUTE_MS}
        assert shown.text == say("telegram.chart.caption", **facts)
        assert robot.name in await ada.press("⬅️")
        assert ada.seen[-1].photo == b"", "below the picture, which stays"
