"""The menus: keys, robots and portfolio, as a person goes through them, in three languages."""

from decimal import Decimal

import pytest

from drawbridge.core.clock import DAY_MS
from drawbridge.core.operations import Scope
from drawbridge.core.orders import Side
from drawbridge.notices.model import Channel
from drawbridge.robots import decision_store
from drawbridge.robots.model import Decision, OnStop, RobotStatus
from drawbridge.trading.holdings import Holding, Portfolio
from drawbridge.trading.signal_words import Action, Message
from drawbridge.trading.signals import insert_signal
from drawbridge.vault.lives import Dated
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.verification.store import Step, StepState
from drawbridge.wording.language import speaking
from drawbridge.wording.say import say
from tests.entrypoints.telegram.typing_in import add
from tests.kit.bot_house import BotHouse
from tests.kit.bot_people import Person

TRADES = frozenset({Scope.READ, Scope.TRADE_SPOT})


async def good_key(bot: BotHouse, ada: Person) -> str:
    key = await add(bot, ada)
    number = await bot.house.checks.begin(key)
    for step in Step:
        await bot.house.checks.write((key, number), step, StepState.OK)
    await bot.house.vault.record_verdict(key, Standing(KeyStatus.ENABLED, scopes=TRADES))
    return key


async def show_keys(ada: Person) -> str:
    await ada.say("/menu")
    await ada.press("⚙️")
    return await ada.press("🔑")


async def add_robot(bot: BotHouse, ada: Person) -> str:
    await ada.say("/menu")
    await ada.press("🤖")
    await ada.press(say("telegram.button.add_robot"))
    await ada.press("Kraken #1")
    await ada.press("Crossing averages")
    await ada.say("BTC/USD")
    await ada.say("100")
    await ada.press("Start it")
    return (await bot.house.robots.list_robots(bot.owner))[0].id


@pytest.mark.parametrize(
    ("status", "mark"),
    [
        (KeyStatus.ENABLED, "✅"),
        (KeyStatus.READ_ONLY, "✅"),
        (KeyStatus.INVALID, "❌"),
        (KeyStatus.CHECKING, "⏳"),
        (KeyStatus.CLEANUP_PENDING, "⚠️"),
    ],
)
async def test_the_list_tells_each_keys_state(bot: BotHouse, status: KeyStatus, mark: str) -> None:
    ada = await bot.linked()
    key = await add(bot, ada)
    await bot.house.vault.record_verdict(key, Standing(status))
    await show_keys(ada)
    assert ada.labels[0] == f"{mark} Kraken #1"


async def test_another_persons_key_is_not_there(bot: BotHouse) -> None:
    ada = await bot.linked()
    key = await add(bot, ada)
    await show_keys(ada)
    ada.seen[-1].buttons[0][0]["callback_data"] = (
        f"go:key:{key[:-1]}{'y' if key.endswith('x') else 'x'}:"
    )
    await ada.press("Kraken #1")
    assert say("errors.unknown_key") in ada.screen


async def test_a_key_is_deleted_on_a_code_and_not_without(bot: BotHouse) -> None:
    """Prove scenario 36."""
    ada = await bot.linked()
    key = await good_key(bot, ada)
    await show_keys(ada)
    await ada.press("Kraken #1")
    await ada.press("Delete")
    assert "The sealed secret is erased" in ada.screen
    await ada.press("Yes, delete")
    assert "wrong or was used already" in await ada.say("123456")
    assert (await bot.house.vault.get_key(bot.owner, key)).status is KeyStatus.ENABLED
    assert say("done.key_deleted") in await ada.say(bot.code())
    assert await bot.house.vault.list_keys(bot.owner) == ()


async def test_a_key_that_a_robot_needs_is_not_deleted(bot: BotHouse) -> None:
    """Prove scenario 41."""
    ada = await bot.linked()
    await good_key(bot, ada)
    await add_robot(bot, ada)
    await show_keys(ada)
    await ada.press("Kraken #1")
    assert "• BTC/USD #1" in await ada.press("Delete")
    await ada.press("Yes, delete")
    assert "BTC/USD #1" in await ada.say(bot.code())
    assert len(await bot.house.vault.list_keys(bot.owner)) == 1


async def test_a_key_is_switched_off_and_on_a_code_on_again(bot: BotHouse) -> None:
    ada = await bot.linked()
    key = await good_key(bot, ada)
    await show_keys(ada)
    await ada.press("Kraken #1")
    assert say("done.key_disabled") in await ada.press("Disable")
    assert ada.labels[:2] == ["▶️ Enable", "🗑 Delete"]
    await ada.press("Enable")
    await ada.say(bot.code())
    assert (await bot.house.vault.get_key(bot.owner, key)).status is KeyStatus.UNVERIFIED


async def test_a_key_tells_of_its_end_and_an_alarm_is_switched_on_and_off(bot: BotHouse) -> None:
    """Prove scenario 42, the chat's part."""
    ada = await bot.linked()
    key = await good_key(bot, ada)
    now_ms = bot.house.clock.now_ms()
    standing = Standing(
        KeyStatus.ENABLED,
        scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}),
        expires_ms=now_ms + 90 * DAY_MS,
        dated=Dated.EXCHANGE,
    )
    await bot.house.vault.record_verdict(key, standing)
    await show_keys(ada)
    shown = await ada.press("Kraken #1")
    assert "Robots pause on: " in shown
    assert "Known from: The exchange" in shown
    assert "raise an alarm" in await ada.press("Alarm at trades from elsewhere")
    assert (await bot.house.vault.get_key(bot.owner, key)).life.watched
    await ada.press("No alarm at trades from elsewhere")
    assert not (await bot.house.vault.get_key(bot.owner, key)).life.watched


async def test_checking_twice_is_one_check(bot: BotHouse) -> None:
    """Prove scenario 19."""
    ada = await bot.linked()
    key = await good_key(bot, ada)
    await show_keys(ada)
    await ada.press("Kraken #1")
    one = ada.seen[-1]
    buttons = [list(row) for row in one.buttons]
    await ada.press("Check")
    assert say("check.waiting_line") in ada.screen
    asked = (await bot.house.vault.get_key(bot.owner, key)).check_requested_ms
    one.buttons = buttons
    bot.clock.advance(5)
    await ada.press("Check", under=one)
    assert (await bot.house.vault.get_key(bot.owner, key)).check_requested_ms == asked


async def test_without_a_key_a_robot_leads_through_adding_one_and_back(bot: BotHouse) -> None:
    """Prove scenario 30."""
    ada = await bot.linked()
    await ada.press("🤖")
    await ada.press(say("telegram.button.add_robot"))
    assert ada.screen == say("telegram.robot.no_key")
    await good_key(bot, ada)
    message = ada.seen[-1]
    await bot.api.until(lambda: say("check.start_robot") in str(message.buttons))
    await ada.press(say("check.start_robot"))
    assert "Kraken #1" in ada.screen
    await ada.press("Crossing averages")
    await ada.say("btc/usd")
    assert "positive" in await ada.say("much") or "amount" in ada.screen.lower()
    await ada.say("100")
    assert "BTC/USD" in ada.screen
    await ada.press("Start it")
    [robot] = await bot.house.robots.list_robots(bot.owner)
    assert (robot.status, robot.plan.symbol) == (RobotStatus.STARTING, "BTC/USD")


async def test_a_robot_of_ten_minutes_ago_is_not_started(bot: BotHouse) -> None:
    ada = await bot.linked()
    await good_key(bot, ada)
    await ada.say("/menu")
    await ada.press("🤖")
    for button in (say("telegram.button.add_robot"), "Kraken #1", "Crossing averages"):
        await ada.press(button)
    await ada.say("BTC/USD")
    await ada.say("100")
    bot.clock.advance(10 * 60_000)
    await ada.press("Start it")
    assert await bot.house.robots.list_robots(bot.owner) == ()


async def test_a_pair_that_there_is_not_is_asked_for_again(bot: BotHouse) -> None:
    ada = await bot.linked()
    await good_key(bot, ada)
    await ada.say("/menu")
    await ada.press("🤖")
    for button in (say("telegram.button.add_robot"), "Kraken #1", "Crossing averages"):
        await ada.press(button)
    await ada.say("nonsense")
    await ada.say("100")
    assert "for example" in await ada.press("Start it")
    assert await bot.house.robots.list_robots(bot.owner) == ()


@pytest.mark.parametrize("way", list(OnStop))
async def test_a_robot_is_stopped_in_the_way_that_is_pressed(bot: BotHouse, way: OnStop) -> None:
    """Prove scenario 63."""
    ada = await bot.linked()
    await good_key(bot, ada)
    robot = await add_robot(bot, ada)
    assert "• Net profit" in ada.screen or "• net profit" in ada.screen
    await ada.press("Stop")
    assert ada.labels[0].startswith("✔ ")
    await ada.press(say(f"robots_page.on_stop_{way.value}")[:30])
    stopping = await bot.house.robots.get_robot(bot.owner, robot)
    assert (stopping.status, stopping.will_close) == (RobotStatus.STOPPING, way)


async def test_signals_tell_what_was_decided_and_what_came_newest_first(bot: BotHouse) -> None:
    ada = await bot.linked()
    assert say("telegram.signals.none") in await ada.press("📈")
    key = await good_key(bot, ada)
    robot = await add_robot(bot, ada)
    now_ms = bot.clock.now_ms()
    first = Decision(robot, key, "enter:1", now_ms - 60_000, Side.BUY, Decimal("0.5"))
    last = Decision(robot, key, "leave:2", now_ms, Side.SELL, Decimal("0.5"))
    async with bot.house.database.transaction() as tx:
        await decision_store.write(tx, decision_store.Changes(made=[first, last]), now_ms)
    await ada.say("/menu")
    told = await ada.press("📈")
    assert "“BTC/USD #1” decided: Buy 0.5 BTC/USD." in told
    assert told.index("Sell 0.5") < told.index("Buy 0.5")


async def test_a_signal_from_outside_is_told_with_what_became_of_it(bot: BotHouse) -> None:
    ada = await bot.linked()
    await good_key(bot, ada)
    robot = await add_robot(bot, ada)
    hook = (await bot.house.signals.make_hook(bot.owner, robot, "BTC/USD #1")).hook
    now_ms = bot.clock.now_ms()
    message = Message("alert 1", Action.CLOSE, now_ms)
    async with bot.house.database.transaction() as tx:
        await insert_signal(tx, hook, message, now_ms)
    await ada.say("/menu")
    told = await ada.press("📈")
    assert "was told from outside: close" in told
    assert say("hook.waiting") in told


@pytest.mark.parametrize("how", ["stop_all", "stop_and_cancel"])
async def test_everything_is_stopped_at_once_and_goes_on(bot: BotHouse, how: str) -> None:
    ada = await bot.linked()
    await ada.press("🛑")
    assert not bot.house.limits.is_stopped(bot.owner)
    await ada.press(say(f"telegram.button.{how}"))
    assert bot.house.limits.is_stopped(bot.owner)
    assert say("risk.band") in ada.screen
    stop = await bot.house.limits.find_stop(bot.owner)
    assert stop is not None
    assert stop.is_cancelling == (how == "stop_and_cancel")
    assert say("risk.band") in await ada.say("/menu")
    await ada.press("Let trading go on")
    assert not bot.house.limits.is_stopped(bot.owner)


async def test_notices_are_switched_off_and_the_summary_has_its_hour(bot: BotHouse) -> None:
    ada = await bot.linked()
    await ada.press("⚙️")
    assert say("telegram.notices.here") in await ada.press("🔔")
    assert say("telegram.notices.not_here") in await ada.press("🔕")
    assert not (await bot.house.notices.list_ways(bot.owner))[Channel.TELEGRAM].is_on
    assert "Daily summary at 18:00" in await ada.press("18:00")
    assert await bot.house.notices.summary_at(bot.owner) == "18:00"
    assert say("telegram.notices.here") in await ada.press("🔔")
    assert say("notices.no_summary") in await ada.press("No daily summary")


async def test_a_button_under_a_notice_shows_the_robot_below_it(bot: BotHouse) -> None:
    ada = await bot.linked()
    await good_key(bot, ada)
    robot = await add_robot(bot, ada)
    notice = ada.seen[-1]
    notice.text = "“BTC/USD #1” has paused."
    notice.buttons = [[{"text": "Show", "callback_data": f"go:robot:{robot}:below"}]]
    await ada.press("Show")
    assert notice.text == "“BTC/USD #1” has paused."
    assert ada.seen[-1] is not notice
    assert "Crossing averages" in ada.screen


@pytest.mark.parametrize("language", ["en", "ru", "ar"])
async def test_the_portfolio_tells_worth_age_and_what_has_no_price(
    bot: BotHouse, language: str
) -> None:
    """Prove scenario 56."""
    ada = await bot.linked(language=language)
    key = await good_key(bot, ada)
    held = (
        Holding("BTC", Decimal("0.5"), Decimal(0), Decimal(30_000), 0),
        Holding("ODD", Decimal(7), Decimal(0), None, None),
    )
    now_ms = bot.clock.now_ms()
    told = Portfolio("USD", Decimal(30_000), held, ("ODD",), now_ms)
    await bot.house.portfolios.keep(key, told)
    bot.clock.advance(120_000)
    await ada.say("/menu")
    await ada.press("📊")
    with speaking(language):
        assert say("holdings.unpriced", currencies="ODD") in ada.screen
        assert say("holdings.age", span=say("span.minutes", count=2)) in ada.screen
    assert "BTC" in ada.screen
    assert "Kraken #1" in ada.screen


@pytest.mark.parametrize("language", ["en", "ru", "ar"])
async def test_every_screen_can_be_reached_and_left_in_this_language(
    bot: BotHouse, language: str
) -> None:
    ada = await bot.linked(language=language)
    await good_key(bot, ada)
    await ada.say("/menu")
    for ways in (("🤖", "⬅️|🏠"), ("📊", "🏠"), ("⚙️", "🔑", "✅", "⬅️", "⬅️", "🌐", "⬅️", "🏠")):
        for way in ways:
            await ada.press(next(it for it in way.split("|") if it in str(ada.labels)))
        with speaking(language):
            assert ada.screen == say("telegram.main.lead", name="Ada")
