"""Delivering notices: at least once, in order, sparingly, and never for ever."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drawbridge.accounts.languages import Languages
from drawbridge.audit.store import AuditLog
from drawbridge.core.clock import DAY_MS, MINUTE_MS, SECOND_MS, SteppedClock
from drawbridge.core.secret import Secret
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.mail import Mailer, MailServer, MailTls
from drawbridge.gateway.postman import BACKOFF_MS, CLAIMED_FOR_MS, Postman, Ways
from drawbridge.gateway.telegram import TelegramPost
from drawbridge.gateway.webhooks import WebhookPost
from drawbridge.notices.model import Channel, Notice, NoticeKind, Reach
from drawbridge.notices.outbox import tell, tell_all
from drawbridge.notices.service import NoticeService
from drawbridge.sealing.local import LocalKey
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from tests.gateway.scripted_server import ScriptedServer, Visit, scripted_server
from tests.kit.mail_server import MailBox, mail_server
from tests.kit.store import place_in

OWNER = "owner_1"
START_MS = 1_790_000_000_000


@dataclass
class Office:
    """A postman, and everywhere that he goes."""

    database: Database
    clock: SteppedClock
    postman: Postman
    service: NoticeService
    languages: Languages
    server: ScriptedServer
    box: MailBox
    statuses: list[int]
    ways: Ways
    key: LocalKey
    # Where set, calls are answered only once it is; and whether one came.
    held: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def successor(self) -> Postman:
        """Give the postman of the process that comes next."""
        return Postman(self.database, self.languages, self.key, self.ways, self.clock)

    async def tell(
        self, kind: NoticeKind = NoticeKind.STOP_ON, subject: str = "", **facts: object
    ) -> None:
        async with self.database.transaction() as tx:
            await tell(tx, Notice(kind, OWNER, subject, facts), self.clock.now_ms())

    async def open(self, channel: Channel) -> None:
        place = {
            Channel.MAIL: "ada@example.com",
            Channel.TELEGRAM: "42",
            Channel.WEBHOOK: f"http://127.0.0.1:{self.server.port}/hook",
        }[channel]
        await self.service.set_way(OWNER, channel, place, is_on=True)

    async def pass_by(self, span_ms: int = 0) -> None:
        self.clock.advance(span_ms)
        await self.postman.step()

    @property
    def called(self) -> list[dict[str, object]]:
        return [json.loads(visit.body) for visit in self.server.visits]

    async def states(self) -> list[str]:
        rows = await self.database.fetch_all(
            "SELECT state FROM notice_deliveries ORDER BY notice, channel"
        )
        return [row["state"] for row in rows]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    clock, statuses, made = SteppedClock(START_MS), list[int](), list[Office]()

    async def behave(visit: Visit) -> None:
        status = statuses.pop(0) if statuses else 200
        made[0].reached.set()
        if made[0].held is not None:
            await made[0].held.wait()
        if not status:
            visit.cut()
            return
        await visit.say(b"HTTP/1.1 %d Told\r\ncontent-length: 2\r\n\r\n{}" % status)

    database, egress = await open_database(place_in(tmp_path), "app"), Egress()
    key = LocalKey.fresh()
    async with scripted_server(behave) as server, mail_server() as box:
        reach = Reach(frozenset(Channel), frozenset({"127.0.0.1"}))
        service = NoticeService(database, AuditLog(clock), key, clock, bytes, reach=reach)
        languages = Languages(database, AuditLog(clock))
        ways = Ways(
            WebhookPost(egress, ["127.0.0.1"]),
            Mailer(MailServer("127.0.0.1", box.port, MailTls.NONE, "db@example.com"), None),
            TelegramPost(egress, lambda: Secret("1:token"), server.address),
        )
        postman = Postman(database, languages, key, ways, clock)
        made.append(
            Office(database, clock, postman, service, languages, server, box, statuses, ways, key)
        )
        yield made[0]
    await egress.close()
    await database.close()


# ------------------------------------------------------------------------------- failures


@pytest.mark.parametrize("status", [0, 500, 404])
async def test_what_is_not_taken_is_tried_again_ever_later_under_the_same_id(
    office: Office, status: int
) -> None:
    await office.open(Channel.WEBHOOK)
    await office.tell()
    office.statuses += [status, status]
    await office.pass_by()
    await office.pass_by(BACKOFF_MS[0] - 1)
    assert len(office.called) == 1, "not yet"
    await office.pass_by(1)
    await office.pass_by(BACKOFF_MS[1])
    assert await office.states() == ["sent"]
    first, second, third = office.called
    assert first == second == third


async def test_what_is_never_taken_is_given_up_and_told_by_the_other_ways(
    office: Office,
) -> None:
    await office.open(Channel.WEBHOOK)
    await office.open(Channel.MAIL)
    await office.tell()
    office.statuses += [500] * 20
    for wait_ms in (0, *BACKOFF_MS):
        await office.pass_by(wait_ms)
    assert len(office.called) == len(BACKOFF_MS) + 1
    await office.pass_by(DAY_MS)
    assert len(office.called) == len(BACKOFF_MS) + 1
    mails = [mail.get_content() for mail in office.box.mails]
    assert len(mails) == 2
    assert "could not be delivered and were given up: Webhook" in mails[1]
    listed = await office.service.list_notices(OWNER)
    assert listed[0].notice.kind is NoticeKind.DELIVERY_GIVEN_UP


async def test_a_definite_no_is_given_up_at_once(office: Office) -> None:
    await office.open(Channel.TELEGRAM)
    await office.tell()
    office.statuses += [403]
    await office.pass_by()
    await office.pass_by(DAY_MS)
    assert await office.states() == ["given_up"]
    assert len(office.called) == 1


async def test_one_way_that_fails_does_not_keep_another_waiting(office: Office) -> None:
    await office.open(Channel.WEBHOOK)
    await office.open(Channel.MAIL)
    office.statuses += [500]
    await office.tell()
    await office.pass_by()
    assert len(office.box.mails) == 1
    assert sorted(await office.states()) == ["sent", "waiting"]


async def test_calls_keep_their_order_while_one_fails(office: Office) -> None:
    await office.open(Channel.WEBHOOK)
    for number in range(3):
        await office.tell(NoticeKind.ROBOT_STARTED, f"robot_{number}", name=f"R{number}")
    office.statuses += [200, 503]
    await office.pass_by()
    assert [it["subject"] for it in office.called] == ["robot_0", "robot_1"]
    await office.pass_by(BACKOFF_MS[0])
    assert [it["subject"] for it in office.called][2:] == ["robot_1", "robot_2"]


async def test_after_a_crash_before_the_answer_is_noted_it_is_sent_again(
    office: Office,
) -> None:
    await office.open(Channel.WEBHOOK)
    await office.tell()
    await office.pass_by()
    async with office.database.transaction() as tx:
        # What a kill between the answer and its row leaves behind.
        await tx.execute("UPDATE notice_deliveries SET state = 'waiting'")
    await office.pass_by(CLAIMED_FOR_MS[Channel.WEBHOOK] - 1)
    assert len(office.called) == 1, "who claimed it may still be at it"
    await office.pass_by(1)
    first, second = office.server.visits
    assert first.body == second.body


async def test_what_another_postman_sends_just_now_is_not_sent_twice(office: Office) -> None:
    """The accounts' work moves while a call is under way: who comes next leaves it alone."""
    await office.open(Channel.WEBHOOK)
    await office.tell(NoticeKind.ROBOT_STARTED, "robot_1", name="R1")
    office.held = asyncio.Event()
    first = asyncio.create_task(office.postman.step())
    await office.reached.wait()
    await office.tell(NoticeKind.ROBOT_STARTED, "robot_2", name="R2")
    await office.successor().step()
    assert len(office.called) == 1, "nor does anything pass it"
    office.held.set()
    await first
    await office.successor().step()
    assert [it["subject"] for it in office.called] == ["robot_1", "robot_2"]
    assert await office.states() == ["sent", "sent"]


async def test_two_who_listed_the_same_send_it_once(office: Office) -> None:
    await office.open(Channel.MAIL)
    await office.tell()
    await asyncio.gather(office.postman.step(), office.successor().step())
    assert len(office.box.mails) == 1


async def test_who_took_longer_than_its_claim_closes_nothing(office: Office) -> None:
    await office.open(Channel.WEBHOOK)
    await office.tell()
    office.statuses += [500, 200]
    office.held = asyncio.Event()
    late = asyncio.create_task(office.postman.step())
    await office.reached.wait()
    held, office.held = office.held, None
    office.clock.advance(CLAIMED_FOR_MS[Channel.WEBHOOK])
    await office.successor().step()
    assert await office.states() == ["sent"]
    held.set()
    await late
    assert await office.states() == ["sent"], "its failure is no news any more"
    first, second = office.called
    assert first == second


async def test_what_waits_when_a_way_is_switched_off_is_not_sent(office: Office) -> None:
    await office.open(Channel.WEBHOOK)
    await office.tell()
    office.statuses += [500]
    await office.pass_by()
    await office.service.set_way(OWNER, Channel.WEBHOOK, "", is_on=False)
    await office.pass_by(DAY_MS)
    await office.open(Channel.WEBHOOK)
    await office.pass_by()
    assert len(office.called) == 1


# ------------------------------------------------------------------------------ successes


async def test_nothing_is_sent_where_nothing_is_switched_on(office: Office) -> None:
    await office.tell()
    await office.pass_by()
    assert (office.called, office.box.mails) == ([], [])
    [kept] = await office.service.list_notices(OWNER)
    assert not kept.is_read


async def test_each_kind_is_switched_by_itself_for_each_way(office: Office) -> None:
    await office.open(Channel.WEBHOOK)
    await office.open(Channel.MAIL)
    await office.service.choose(OWNER, Channel.MAIL, ["robot_started"])
    await office.service.choose(OWNER, Channel.WEBHOOK, ["stop_on"])
    await office.tell(NoticeKind.STOP_ON)
    await office.tell(NoticeKind.ROBOT_STARTED, "robot_1", name="Anchor")
    await office.pass_by()
    assert [it["kind"] for it in office.called] == ["stop_on"]
    [mail] = office.box.mails
    assert mail["Subject"] == "Robot “Anchor” has started."


async def test_mails_are_sparing_and_hold_what_came_meanwhile(office: Office) -> None:
    await office.open(Channel.MAIL)
    await office.service.choose(OWNER, Channel.MAIL, ["robot_started"])
    await office.tell(NoticeKind.ROBOT_STARTED, "robot_a", name="A")
    await office.pass_by()
    for number in range(30):
        await office.tell(NoticeKind.ROBOT_STARTED, f"robot_{number}", name=f"R{number}")
        await office.pass_by(SECOND_MS // 2)
    assert len(office.box.mails) == 1
    await office.pass_by(MINUTE_MS)
    first, second = office.box.mails
    assert first["Subject"] == "Robot “A” has started."
    assert second["Subject"] == "Robot “R0” has started. (and 29 more)"
    assert "And 10 more, which the app shows." in second.get_content()
    assert set(await office.states()) == {"sent"}


async def test_equal_notices_are_told_with_their_number(office: Office) -> None:
    await office.open(Channel.TELEGRAM)
    for _ in range(5):
        await office.tell(NoticeKind.EXCHANGE_UNREACHABLE, "binance", exchange="Binance")
    await office.pass_by()
    await office.pass_by(MINUTE_MS)
    texts = [str(it["text"]) for it in office.called]
    assert len(texts) == 2
    assert "(4 times)" in texts[1]


async def test_decisions_are_written_down_where_a_program_listens_only(
    office: Office,
) -> None:
    facts = {"name": "A", "side": "buy", "quantity": "1", "symbol": "BTC/USDT"}
    await office.tell(NoticeKind.ROBOT_DECIDED, "robot_a", **facts)
    await office.open(Channel.WEBHOOK)
    for _ in range(3):
        await office.tell(NoticeKind.ROBOT_DECIDED, "robot_a", **facts)
    await office.pass_by()
    assert [it["kind"] for it in office.called] == ["robot_decided"] * 3
    assert office.called[0]["facts"] == facts
    assert office.called[0]["text"] == "Robot “A” decided: Buy 1 BTC/USDT."
    assert await office.service.list_notices(OWNER) == ()
    assert office.service.count_unread(OWNER) == 0


async def test_many_at_once_are_written_as_each_would_be(office: Office) -> None:
    facts = {"name": "A", "side": "buy", "quantity": "1", "symbol": "BTC/USDT", "price": "9"}
    told = [
        Notice(NoticeKind.ROBOT_DECIDED, OWNER, "robot_a", facts),
        Notice(NoticeKind.ORDER_FILLED, OWNER, "robot_a", facts),
        Notice(NoticeKind.ROBOT_PAUSED, OWNER, "robot_a", facts),
        Notice(NoticeKind.ROBOT_PAUSED, OWNER, "robot_a", facts),
    ]

    async def tell_them() -> None:
        async with office.database.transaction() as tx:
            await tell_all(tx, told, office.clock.now_ms())

    await tell_them()
    await office.pass_by(MINUTE_MS)
    kinds = [it.notice.kind.value for it in await office.service.list_notices(OWNER)]
    assert sorted(kinds) == ["order_filled", "robot_paused", "robot_paused"], "nobody listens yet"
    await office.open(Channel.WEBHOOK)
    await tell_them()
    await office.pass_by(MINUTE_MS)
    assert "robot_decided" in [it["kind"] for it in office.called]


@pytest.mark.parametrize("channel", [Channel.MAIL, Channel.TELEGRAM, Channel.WEBHOOK])
async def test_a_test_goes_by_the_way_that_it_tests_and_by_no_other(
    office: Office, channel: Channel
) -> None:
    for one in (Channel.MAIL, Channel.TELEGRAM, Channel.WEBHOOK):
        await office.open(one)
    number = await office.service.test(OWNER, channel)
    await office.pass_by()
    assert await office.service.find_delivery(number, channel) == ("sent", "")
    assert len(office.called) + len(office.box.mails) == 1


async def test_what_is_old_is_forgotten(office: Office) -> None:
    await office.open(Channel.WEBHOOK)
    await office.tell()
    await office.pass_by()
    await office.pass_by(61 * DAY_MS)
    assert await office.service.list_notices(OWNER) == ()
    assert await office.states() == []
