"""Notices from the app's own processes to a mail box and a webhook, through a crash.

No paper exchange is needed: a stop is a change like any other.
"""

import base64
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from drawbridge.app.build import open_house
from drawbridge.app.notice_settings import NoticeSettings
from drawbridge.app.settings import Settings
from drawbridge.core.secret import Secret
from drawbridge.notices.model import Channel
from tests.gateway.scripted_server import OK, ScriptedServer, Visit, scripted_server
from tests.kit.gateways import Running, start_gateway
from tests.kit.house import OWNER, PASSWORD, until
from tests.kit.mail_server import mail_server
from tests.kit.store import store_in


@contextmanager
def _gateway(settings: Settings) -> Iterator[Running]:
    process = start_gateway(settings)
    try:
        yield process
    finally:
        process.stop()


def _visited(server: ScriptedServer, count: int) -> Callable[[], Awaitable[bool]]:
    async def visited() -> bool:
        return len(server.visits) >= count

    return visited


def _told_of(server: ScriptedServer, kind: str) -> Callable[[], Awaitable[bool]]:
    async def told() -> bool:
        return bool(json.loads(server.visits[-1].body)["kind"] == kind)

    return told


def _verified(visit: Visit, secret: str) -> dict[str, object]:
    """Check a call as its receiver does, and give what it says."""
    headers = dict(line.split(": ", 1) for line in visit.head.decode().split("\r\n")[1:] if line)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + visit.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    told: dict[str, object] = json.loads(visit.body)
    assert told["id"] == headers["webhook-id"]
    return told


async def test_a_stop_is_told_by_mail_and_webhook_also_when_the_gateway_is_killed(
    tmp_path: Path,
) -> None:
    """The one call that was not answered is made again by the next gateway, under its id."""
    answers = iter((False,))

    async def behave(visit: Visit) -> None:
        if next(answers, True):
            await visit.say(OK)

    async with scripted_server(behave) as server, mail_server() as box:
        notices = NoticeSettings(
            smtp_host="127.0.0.1",
            smtp_port=box.port,
            smtp_tls="none",
            smtp_from="db@example.com",
            webhook_hosts=("127.0.0.1",),
        )
        settings = Settings(tmp_path / "data", notices=notices, store=store_in(tmp_path / "data"))
        async with open_house(settings) as house:
            owner = (await house.accounts.create_owner(OWNER, Secret(PASSWORD), first=True)).id
            url = f"http://127.0.0.1:{server.port}/hook"
            secret = await house.notices.set_way(owner, Channel.WEBHOOK, url, is_on=True)
            await house.notices.set_way(owner, Channel.MAIL, "ada@example.com", is_on=True)
            assert secret is not None

            with _gateway(settings) as first:
                await house.limits.stop(owner, of=owner)
                await until(_visited(server, 1), "the webhook was called")
                first.kill()
            with _gateway(settings):
                await until(_visited(server, 2), "the webhook was called again")

                async def mailed() -> bool:
                    return bool(box.mails)

                await until(mailed, "the mail arrived")
                await house.limits.resume(owner, of=owner)
                await until(_told_of(server, "stop_off"), "the next notice arrived")
            lost, *again, resumed = (_verified(it, secret.reveal()) for it in server.visits)
            # Once more where another worker took it over meanwhile: its id tells that, too.
            assert again
            assert all(it == lost for it in again)
            assert (lost["kind"], resumed["kind"]) == ("stop_on", "stop_off")
            assert "Trading has stopped" in str(box.mails[0]["Subject"])
