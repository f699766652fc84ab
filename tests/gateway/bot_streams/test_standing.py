"""How a public topic stands: a book put together from changes is the book they were made of."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.markets import Level, OrderBook, PublicTrade
from drawbridge.core.streams import BookChange, Topic, TopicKind, TradesTold
from drawbridge.gateway.bot_streams.standing import KeptBook, standing_of

SYMBOL = "BTC/USDT"
Side = dict[int, int]


def levels(side: Side) -> tuple[Level, ...]:
    return tuple(Level(Decimal(price), Decimal(quantity)) for price, quantity in side.items())


def book(bids: Side, asks: Side, sequence: int = 1) -> OrderBook:
    return OrderBook(SYMBOL, 0, sequence, levels(bids), levels(asks))


def change(bids: Side, asks: Side, sequence: int, before: int = 0) -> BookChange:
    empty = OrderBook(SYMBOL, 0, sequence, (), ())
    return BookChange(SYMBOL, 0, before, sequence, levels(bids), levels(asks), empty)


SIDES = st.dictionaries(st.integers(1, 30), st.integers(1, 9), max_size=12)
CHANGES = st.lists(
    st.tuples(*(st.dictionaries(st.integers(1, 30), st.integers(0, 9), max_size=6),) * 2),
    max_size=12,
)


@given(SIDES, SIDES, CHANGES, st.sampled_from([0, 3]))
def test_a_kept_book_is_what_its_changes_make_of_it(
    bids: Side, asks: Side, changes: list[tuple[Side, Side]], depth: int
) -> None:
    kept = KeptBook(depth)
    kept.take(book(bids, asks))
    if depth:
        # What a stream of so many levels tells is always among the best.
        changes = []
    for number, (some, others) in enumerate(changes, start=2):
        told = kept.take(change(some, others, number))
        for side, changed in ((bids, some), (asks, others)):
            side.update(changed)
            for price in [price for price, quantity in side.items() if not quantity]:
                del side[price]
        assert isinstance(told, BookChange)
        assert told.book.bids == levels(dict(sorted(bids.items(), reverse=True)))
        assert told.book.asks == levels(dict(sorted(asks.items())))
    assert len(kept.events()) == 1


def test_a_book_of_few_levels_stays_one() -> None:
    kept = KeptBook(2)
    kept.take(book({10: 1, 9: 1}, {11: 1, 12: 1}))
    told = kept.take(change({8: 1, 10: 0}, {}, 2))
    assert isinstance(told, BookChange)
    assert [int(it.price) for it in told.book.bids] == [9, 8]
    told = kept.take(change({10: 5}, {}, 3))
    assert isinstance(told, BookChange)
    assert [int(it.price) for it in told.book.bids] == [10, 9]


def test_changes_before_the_book_are_told_to_nobody() -> None:
    kept = KeptBook()
    assert kept.take(change({1: 1}, {}, 5)) is None
    assert kept.events() == ()


def test_a_change_that_the_book_has_already_goes_on_and_changes_nothing() -> None:
    """A client that asked for an older book over REST needs it."""
    kept = KeptBook()
    kept.begin(book({10: 1}, {11: 1}, sequence=7))
    told = kept.take(change({10: 9}, {}, 6))
    assert isinstance(told, BookChange)
    assert told.book.bids == levels({10: 1})


def test_a_newcomer_is_told_the_last_changes_where_the_book_was_asked_for() -> None:
    kept = KeptBook()
    kept.begin(book({10: 1}, {11: 1}))
    for number in range(2, 50):
        kept.take(change({10: number}, {}, number))
    first, *changes = kept.events()
    assert isinstance(first, OrderBook)
    assert first.bids == levels({10: 49})
    assert [it.sequence for it in changes if isinstance(it, BookChange)] == list(range(18, 50))


def test_a_newcomer_is_told_the_last_trades_as_those_before() -> None:
    standing = standing_of(Topic(TopicKind.TRADES, SYMBOL))
    assert standing.events() == ()
    for number in range(60):
        trade = PublicTrade(number, SYMBOL, number, Decimal(1), Decimal(1), taker_buys=True)
        standing.take(TradesTold(SYMBOL, (trade,)))
    [told] = standing.events()
    assert isinstance(told, TradesTold)
    assert told.is_snapshot
    assert [it.trade_id for it in told.trades] == list(range(10, 60))


@pytest.mark.parametrize(
    "kind", [TopicKind.TICKER, TopicKind.CANDLES, TopicKind.FUNDING, TopicKind.BOOK]
)
def test_of_what_was_never_told_a_newcomer_hears_nothing(kind: TopicKind) -> None:
    assert standing_of(Topic(kind, SYMBOL)).events() == ()
