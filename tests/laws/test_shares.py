"""Fair shares: whatever the others do, nobody falls below the half of a fair share."""

from hypothesis import example, given, settings
from hypothesis import strategies as some

from drawbridge.core.clock import SteppedClock
from drawbridge.gateway.budgets import PATIENCE_MS, Budgets, Payer
from drawbridge.gateway.turns import Caller
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.limits import Limit, LimitKind, LimitPer
from tests.kit.sharers import WINDOWS, Bot, World

_BOTS = some.lists(
    some.builds(
        Bot,
        connections=some.integers(1, 4),
        every_s=some.sampled_from((0.0, 0.1, 0.5, 2.0)),
        after_no_s=some.sampled_from((0.1, 0.5, 2.0)),
    ),
    min_size=2,
    max_size=6,
)
_LIMITS = some.sampled_from(
    (
        Limit("orders", LimitKind.WINDOW, LimitPer.ACCOUNT, 100, 10_000),
        Limit("orders", LimitKind.WINDOW, LimitPer.ACCOUNT, 30, 1_000),
        Limit("orders", LimitKind.WINDOW, LimitPer.ACCOUNT, 100, 20_000),
        Limit("orders", LimitKind.DECAY, LimitPer.ACCOUNT, 40, 10_000),
    )
)


@settings(max_examples=25)
@given(_BOTS, _LIMITS)
@example(
    [Bot(12, 0.0, 0.1), Bot(1, 2.0, 2.0)], Limit("o", LimitKind.WINDOW, LimitPer.KEY, 100, 10_000)
)
def test_nobody_falls_below_the_half_of_a_fair_share(bots: list[Bot], limit: Limit) -> None:
    """Scenario 86. Who wants less than a fair share is measured by what it wants."""
    bots = [Bot(it.connections, it.every_s, it.after_no_s) for it in bots]
    world = World(bots, limit).run()
    assert not world.beyond, "more went out than the exchange takes"
    fair = limit.amount * 0.9 * WINDOWS / len(bots)
    for bot in bots:
        assert bot.served >= min(fair, bot.wanted(world.for_s)) / 2 - 2, bots
        assert max(bot.waits_ms) <= PATIENCE_MS + 1, "nobody waits longer than patience lasts"


@settings(max_examples=10)
@given(some.integers(1, 6), _LIMITS)
def test_a_bot_that_only_cancels_leaves_the_others_a_half(connections: int, limit: Limit) -> None:
    cancels, orders = Bot(connections, 0.0, 0.1, is_urgent=True), Bot(2, 0.0, 0.1)
    world = World((cancels, orders), limit).run()
    assert not world.beyond
    fair = limit.amount * 0.9 * WINDOWS / 2
    assert orders.served >= min(fair, orders.wanted(world.for_s)) / 2 - 2


def test_a_cancellation_passes_where_all_else_is_used_up() -> None:
    """What is left of the limit for ordinary requests is nothing; a position can still be left."""
    limit = Limit("orders", LimitKind.WINDOW, LimitPer.ACCOUNT, 100, 10_000)
    budgets, limits = Budgets(SteppedClock(0)), {"orders": limit}
    endpoint = Endpoint("order", "POST", b"/order", "trade_spot", costs=(("orders", 1),))
    loud = Payer("one", "live", "account", "key", Caller(("account", "virtual:1")))
    for _ in range(90):
        assert budgets.charge(loud, endpoint, limits) == 0
    cancel = Payer(
        "one", "live", "account", "key", Caller(("account", "virtual:1"), is_urgent=True)
    )
    for _ in range(5):
        assert budgets.charge(cancel, endpoint, limits) == 0
