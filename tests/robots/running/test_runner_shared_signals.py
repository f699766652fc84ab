"""Signals where several runners share the accounts: each acts for its own, and once."""

from dataclasses import replace

import pytest

from drawbridge.core.errors import ExchangeDown, OutcomeUnknown
from drawbridge.core.orders import Side
from drawbridge.core.shards import shard_of
from drawbridge.trading.signal_words import GOOD_FOR_MS, Action
from drawbridge.vault.model import KeyStatus
from tests.kit.robot_pair import BOTH, LONG_MS, ONE, Pair
from tests.kit.robots import KEY, SECOND_KEY, key_record
from tests.kit.turns import a_turn


async def test_a_signal_is_acted_on_once_by_each_worker_and_ends_with_the_best_outcome(
    pair: Pair,
) -> None:
    """Scenario 60."""
    await pair.begin(replace(BOTH, trigger="signal"))
    await pair.send(Action.BUY, "one")
    pair.bench.exchange.clock.advance(1_100)
    await pair.ann.runner.step()
    assert (pair.placed_on(KEY), pair.placed_on(SECOND_KEY)) == ([Side.BUY], [])
    assert await pair.outcomes() == ["waits"]

    await pair.step(2)
    assert (pair.placed_on(KEY), pair.placed_on(SECOND_KEY)) == ([Side.BUY], [Side.BUY])
    assert await pair.outcomes() == [""]

    pair.bench.exchange.second_balances.clear()
    await pair.send(Action.BUY, "two")
    await pair.step(2)
    assert await pair.outcomes() == ["", "signal_nothing_to_do"]


async def test_a_signal_of_which_one_worker_has_nothing_to_do_acted(pair: Pair) -> None:
    await pair.begin(replace(BOTH, trigger="signal"))
    pair.bench.exchange.keys.second = key_record(KeyStatus.DISABLED, key_id=SECOND_KEY)
    await pair.step(3)
    await pair.send(Action.BUY, "one")
    await pair.step(2)
    assert pair.bench.sides == [Side.BUY]
    assert await pair.outcomes() == [""]


async def test_a_signal_that_waits_where_an_account_moved_is_acted_on_there(pair: Pair) -> None:
    await pair.begin(replace(BOTH, trigger="signal"))
    await pair.send(Action.BUY, "one")
    pair.bench.exchange.clock.advance(1_100)
    await pair.bob.runner.step()
    assert pair.placed_on(SECOND_KEY) == [Side.BUY]
    pair.move(ONE)
    await pair.step(4)
    assert pair.placed_on(KEY) == [Side.BUY]
    assert pair.placed_on(SECOND_KEY) == [Side.BUY]
    assert await pair.outcomes() == [""]


async def test_who_comes_to_a_chart_of_others_hears_a_signal_at_its_first_look(pair: Pair) -> None:
    await pair.begin(replace(BOTH, trigger="signal"))
    await pair.send(Action.BUY, "one")
    await pair.step(2)
    pair.move(ONE)
    await pair.send(Action.CLOSE, "two")
    pair.bench.exchange.clock.advance(1_100)
    await pair.bob.runner.step()
    assert pair.placed_on(KEY) == pair.placed_on(SECOND_KEY) == [Side.BUY, Side.SELL]


@pytest.mark.parametrize("comes", [KEY, SECOND_KEY])
async def test_a_signal_begins_no_more_than_there_is_room_for_and_first_where_it_came_last(
    pair: Pair, comes: str
) -> None:
    left, taking = (pair.ann, pair.bob) if comes == KEY else (pair.bob, pair.ann)
    await taking.begin_anew(at_once=1)
    await pair.begin(replace(BOTH, trigger="signal"))
    shard = shard_of(comes)
    left.share.drop(shard)
    taking.share.hold(shard, LONG_MS)
    await pair.step(1)
    taking.desk.gate.clear()
    await pair.send(Action.BUY, "one")
    for _ in range(3):
        pair.bench.exchange.clock.advance(1_100)
        await taking.runner.look()
        while not taking.desk.waiting:
            await a_turn()
    assert taking.desk.waiting == 1

    taking.desk.gate.set()
    await taking.runner.settle()
    assert pair.placed_on(comes) == pair.bench.sides == [Side.BUY]
    await pair.step(1)
    assert pair.placed_on(KEY) == pair.placed_on(SECOND_KEY) == [Side.BUY]
    assert await pair.outcomes() == [""]


async def test_an_account_that_is_in_trouble_where_it_went_misses_no_signal(pair: Pair) -> None:
    await pair.begin(replace(BOTH, trigger="signal"))
    pair.move(ONE)
    await pair.step(3)
    pair.bench.exchange.place_errors.append(ExchangeDown("no_answer"))
    await pair.send(Action.BUY, "one")
    await pair.step(1)
    await pair.send(Action.CLOSE, "two")
    await pair.step(6)
    assert pair.placed_on(KEY) == pair.placed_on(SECOND_KEY) == [Side.BUY, Side.SELL]


async def test_a_signal_waits_for_an_account_that_failed_and_is_being_tried_again(
    pair: Pair,
) -> None:
    """After the database was away, say; only one that fails for long keeps nobody waiting."""
    await pair.begin(replace(BOTH, trigger="signal"))
    pair.move(ONE)
    pair.bench.exchange.market_errors.append(ExchangeDown("database_away"))
    await pair.bob.runner.step()
    pair.bench.exchange.clock.advance(1_100)
    pair.bench.exchange.gate.clear()
    await pair.bob.runner.look()
    await pair.send(Action.BUY, "one")
    pair.bench.exchange.clock.advance(1_100)
    await pair.bob.runner.look()
    while not pair.placed_on(SECOND_KEY):
        await a_turn()

    pair.bench.exchange.gate.set()
    await pair.bob.runner.settle()
    await pair.step(3)
    for key in (KEY, SECOND_KEY):
        assert pair.placed_on(key) == [Side.BUY]


async def test_accounts_of_which_nobody_knows_what_was_written_are_read_anew(pair: Pair) -> None:
    """A commit whose answer never came: what it decided is on disk, and carried out once."""
    await pair.begin(replace(BOTH, trigger="signal"))
    pair.ann.database.unheard.append(OutcomeUnknown("database_away"))
    await pair.send(Action.BUY, "one")
    await pair.step(4)
    for key in (KEY, SECOND_KEY):
        assert pair.placed_on(key) == [Side.BUY]
    assert await pair.outcomes() == [""]


async def test_a_signal_is_not_acted_on_again_where_its_account_went(pair: Pair) -> None:
    await pair.begin(replace(BOTH, trigger="signal"))
    await pair.send(Action.BUY, "one")
    pair.bench.exchange.clock.advance(1_100)
    await pair.ann.runner.step()
    pair.move(ONE)
    await pair.step(3)
    assert pair.placed_on(KEY) == [Side.BUY]
    assert pair.placed_on(SECOND_KEY) == [Side.BUY]


@pytest.mark.parametrize("is_house", [True, False])
async def test_only_the_house_ends_signals_that_waited_too_long(
    pair: Pair, *, is_house: bool
) -> None:
    await pair.begin(replace(BOTH, trigger="signal"))
    await pair.send(Action.BUY, "one")
    pair.bench.exchange.clock.advance(GOOD_FOR_MS + 1)
    await (pair.ann if is_house else pair.bob).runner.step()
    assert await pair.outcomes() == (["signal_too_old"] if is_house else ["waits"])
    assert pair.bench.sides == []
