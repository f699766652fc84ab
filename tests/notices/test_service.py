"""Where notices go is checked when it is chosen, and secrets are shown once."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.audit.store import AuditLog
from drawbridge.core.clock import HOUR_MS, SteppedClock
from drawbridge.core.errors import BadInput, Conflict
from drawbridge.notices.model import SWITCHABLE, Channel, Kept, Notice, NoticeKind, Reach
from drawbridge.notices.outbox import tell
from drawbridge.notices.service import NoticeService
from drawbridge.notices.words import said, words_of
from drawbridge.sealing.local import LocalKey
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.wording.say import has_words
from tests.kit.store import place_in

OWNER = "owner_1"
START_MS = 1_790_000_000_000
REACH = Reach(frozenset({Channel.MAIL, Channel.WEBHOOK}), frozenset({"hub.local"}))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(place_in(tmp_path), "app")
    yield database
    await database.close()


@pytest.fixture
def service(database: Database) -> NoticeService:
    clock, drawn = SteppedClock(START_MS), iter(range(256))
    return NoticeService(
        database,
        AuditLog(clock),
        LocalKey.fresh(),
        clock,
        lambda size: bytes([next(drawn)]) * size,
        reach=REACH,
    )


@pytest.mark.parametrize(
    ("channel", "place", "code"),
    [
        (Channel.MAIL, "", "bad_mail_address"),
        (Channel.MAIL, "ada", "bad_mail_address"),
        (Channel.MAIL, "a@b\nBcc: e@x", "bad_mail_address"),
        (Channel.MAIL, "a" * 300 + "@example.com", "bad_mail_address"),
        (Channel.MAIL, "Ada <ada@example.com>", "bad_mail_address"),
        (Channel.WEBHOOK, "example.com", "bad_webhook"),
        (Channel.WEBHOOK, "https://10.0.0.1/", "webhook_private"),
        (Channel.WEBHOOK, "https://other.local/", "webhook_private"),
        (Channel.WEBHOOK, "http://example.com/", "webhook_not_https"),
    ],
)
async def test_a_bad_place_is_refused_by_name(
    service: NoticeService, channel: Channel, place: str, code: str
) -> None:
    with pytest.raises(BadInput, match=code) as refused:
        await service.set_way(OWNER, channel, place, is_on=True)
    assert refused.value.facts["field"] == "place"
    assert not (await service.list_ways(OWNER))[channel].is_on


async def test_what_is_not_set_up_on_this_machine_is_not_switched_on(
    service: NoticeService,
) -> None:
    with pytest.raises(Conflict, match="channel_not_set_up"):
        await service.set_way(OWNER, Channel.TELEGRAM, "42", is_on=True)
    with pytest.raises(Conflict, match="channel_not_set_up"):
        await service.test(OWNER, Channel.TELEGRAM)
    with pytest.raises(Conflict, match="channel_without_place"):
        await service.test(OWNER, Channel.MAIL)


@pytest.mark.parametrize("at", ["24:00", "12:60", "12", "1:2:3", "-1:00", "١٢:٢٢", ":", "noon"])
async def test_an_hour_that_is_none_is_refused(service: NoticeService, at: str) -> None:
    with pytest.raises(BadInput, match="bad_hour"):
        await service.set_summary(OWNER, at)
    assert await service.summary_at(OWNER) == ""


async def test_a_kind_that_is_none_is_refused(service: NoticeService) -> None:
    with pytest.raises(BadInput, match="unknown_notice_kind"):
        await service.choose(OWNER, Channel.MAIL, ["stop_on", "rain"])


async def test_the_summarys_hour_is_kept_and_taken_back(service: NoticeService) -> None:
    await service.set_summary(OWNER, "7:05")
    assert await service.summary_at(OWNER) == "07:05"
    await service.set_summary(OWNER, "")
    assert await service.summary_at(OWNER) == ""


async def test_a_webhooks_secret_is_shown_once_and_new_for_every_other_receiver(
    service: NoticeService, database: Database
) -> None:
    first = await service.set_way(OWNER, Channel.WEBHOOK, "https://one.example/", is_on=True)
    assert first is not None
    assert len(base64.b64decode(first.reveal().removeprefix("whsec_"))) == 32
    again = await service.set_way(OWNER, Channel.WEBHOOK, "https://one.example/", is_on=True)
    assert again is None, "the same receiver keeps its secret"
    other = await service.set_way(OWNER, Channel.WEBHOOK, "http://hub.local:81/", is_on=True)
    renewed = await service.renew_secret(OWNER)
    secrets = {it.reveal() for it in (first, other, renewed) if it is not None}
    assert len(secrets) == 3
    [row] = await database.fetch_all("SELECT secret FROM notice_channels")
    assert all(secret.encode() not in row["secret"] for secret in secrets)


async def test_choices_hold_until_others_are_made(service: NoticeService) -> None:
    usual = await service.kinds_of(OWNER, Channel.MAIL)
    assert NoticeKind.KEY_INVALID in usual
    assert NoticeKind.ORDER_FILLED not in usual
    await service.choose(OWNER, Channel.MAIL, ["order_filled"])
    assert await service.kinds_of(OWNER, Channel.MAIL) == {NoticeKind.ORDER_FILLED}
    assert await service.kinds_of("owner_2", Channel.MAIL) == usual
    await service.choose(OWNER, Channel.MAIL, [kind.value for kind in usual])
    assert await service.kinds_of(OWNER, Channel.MAIL) == usual


async def test_what_was_read_is_counted_no_more(service: NoticeService, database: Database) -> None:
    async with database.transaction() as tx:
        await tell(tx, Notice(NoticeKind.STOP_ON, OWNER), START_MS)
        await tell(tx, Notice(NoticeKind.STOP_ON, "owner_2"), START_MS)
    assert service.count_unread(OWNER) == 1
    await service.mark_read(OWNER)
    assert service.count_unread(OWNER) == 0
    assert service.count_unread("owner_2") == 1
    [kept] = await service.list_notices(OWNER)
    assert kept.is_read


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_kind_has_a_name_and_words_even_without_its_facts(kind: NoticeKind) -> None:
    assert has_words(f"notice.name.{kind.value}")
    assert said(Notice(kind, OWNER)).title


def test_words_tell_why() -> None:
    facts = {"name": "Anchor", "reason": "insufficient_funds", "about": {}}
    notice = Notice(NoticeKind.ROBOT_PAUSED, OWNER, "robot_1", facts)
    words = words_of(Kept(1, notice, 0, HOUR_MS, 0, 3, is_read=False))
    assert words.title == "Robot “Anchor” has paused. (3 times)"
    assert words.reason


def test_everything_but_a_test_can_be_switched() -> None:
    assert set(SWITCHABLE) == set(NoticeKind) - {NoticeKind.TEST}
