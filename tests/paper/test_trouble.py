"""Which fault is met next, and who may say so (scenario 91)."""

from pathlib import Path

import pytest

from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import BadInput, Conflict, NotFound
from drawbridge.paper.faults import NO_FAULT, NO_FAULTS, Fault, decide, is_dropped, read_profile
from drawbridge.paper.store import lock, open_database
from drawbridge.paper.trouble import (
    FaultsRow,
    Trouble,
    TroubledClock,
    told_faults,
    wish_faults,
)

BAD = read_profile("seed=x,errors=20%,lost=20%,cut=20%,latency=1..9")


def met(trouble: Trouble, count: int = 50, exchange: str = "x") -> list[Fault]:
    return [trouble.of_request(exchange) for _ in range(count)]


async def test_a_row_for_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no_paper_state"):
        await wish_faults(tmp_path, "errors=1%")
    with pytest.raises(NotFound, match="no_paper_state"):
        await told_faults(tmp_path)
    await (await open_database(tmp_path)).close()
    with pytest.raises(Conflict, match="paper_not_running"):
        await wish_faults(tmp_path, "errors=1%")
    assert await told_faults(tmp_path) == ""


async def test_a_text_that_makes_no_sense_is_never_written(tmp_path: Path) -> None:
    await (await open_database(tmp_path)).close()
    with pytest.raises(BadInput, match="bad_faults"):
        await wish_faults(tmp_path, "gremlins")


async def test_what_was_written_past_the_command_line_changes_nothing(tmp_path: Path) -> None:
    database = await open_database(tmp_path)
    trouble = Trouble()
    row = FaultsRow(database, trouble)
    await row.begin("cut=5%")
    async with database.transaction() as tx:
        await tx.execute("UPDATE paper_settings SET value = 'gremlins' WHERE name = 'faults'")
    with pytest.raises(BadInput, match="bad_faults"):
        row.look()
    row.look()  # said once
    assert trouble.profile == read_profile("cut=5%")
    await database.close()


async def test_another_process_says_what_goes_wrong_from_now_on(tmp_path: Path) -> None:
    database = await open_database(tmp_path)
    lock(tmp_path)  # as the process does that runs the world
    trouble = Trouble()
    row = FaultsRow(database, trouble)
    await row.begin("")
    row.look()
    assert trouble.is_over
    await wish_faults(tmp_path, "lost=3%")
    row.look()
    assert trouble.profile.lost_share == 30
    assert await told_faults(tmp_path) == "lost=3%"
    await wish_faults(tmp_path, "off")
    row.look()
    assert trouble.is_over
    await database.close()


def test_without_faults_nothing_is_counted() -> None:
    trouble = Trouble()
    assert met(trouble) == [NO_FAULT] * 50
    trouble.use(BAD)
    assert met(trouble) == [decide(BAD, "x", number) for number in range(50)]


def test_exchanges_are_counted_apart_and_a_new_profile_begins_anew() -> None:
    trouble = Trouble(BAD)
    first = met(trouble)
    assert met(trouble, exchange="y") != first
    assert met(trouble) != first
    trouble.use(read_profile("off"))
    trouble.use(BAD)
    assert met(trouble) == first
    trouble.use(BAD)  # no news: the count goes on
    assert met(trouble) == [decide(BAD, "x", number) for number in range(50, 100)]


def test_the_clock_is_as_wrong_as_the_profile_says() -> None:
    trouble = Trouble()
    clock = TroubledClock(SteppedClock(10_000), trouble)
    assert clock.now_ms() == 10_000
    trouble.use(read_profile("clock=-3000"))
    assert clock.now_ms() == 7_000


@pytest.mark.parametrize("text", ["drop=0", "drop=", "drop=5..9", "drop=0.55%", "drop=2000000"])
def test_a_drop_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="bad_faults"):
        read_profile(text)


def test_a_line_breaks_after_so_many_frames() -> None:
    line = Trouble(read_profile("drop=3")).of_line("x")
    assert [line.breaks() for _ in range(4)] == [False, False, True, True]
    assert not any(is_dropped(NO_FAULTS, "x", 0, frame) for frame in range(1_000))


def test_lines_break_as_often_as_asked_and_each_in_its_own_place() -> None:
    profile = read_profile("seed=s,drop=1%")
    first = [is_dropped(profile, "x", 0, frame) for frame in range(20_000)]
    assert 150 < sum(first) < 250
    assert first == [is_dropped(profile, "x", 0, frame) for frame in range(20_000)]
    assert first != [is_dropped(profile, "x", 1, frame) for frame in range(20_000)]
    assert first != [is_dropped(profile, "y", 0, frame) for frame in range(20_000)]
