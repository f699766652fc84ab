"""Telegram and webhooks: what is sent, how it is signed, and that nothing secret is told."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator

import pytest

from drawbridge.core.errors import (
    BadInput,
    DrawbridgeError,
    ExchangeDown,
    Forbidden,
    OutcomeUnknown,
)
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.telegram.screens import Go
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.telegram import TelegramPost
from drawbridge.gateway.webhooks import Call, WebhookPost
from drawbridge.notices.chat_buttons import buttons_of
from drawbridge.notices.model import Kept, Notice, NoticeKind
from tests.gateway.scripted_server import Behaviour, ScriptedServer, Visit, scripted_server

TOKEN = "123456:planted-token-of-a-bot"
SECRET = Secret("whsec_" + base64.b64encode(b"k" * 32).decode())
CALL = Call("notice_7", 1_790_000_000, b'{"id":"notice_7"}')


def _answering(status: int, body: bytes = b"{}", *headers: bytes) -> Behaviour:
    async def behave(visit: Visit) -> None:
        lines = b"".join(line + b"\r\n" for line in headers)
        length = b"content-length: %d\r\n\r\n" % len(body)
        await visit.say(b"HTTP/1.1 %d Told\r\n" % status + lines + length + body)

    return behave


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    egress = Egress()
    yield egress
    await egress.close()


# ------------------------------------------------------------------------------- Telegram


@pytest.mark.parametrize(
    ("status", "body", "family", "code"),
    [
        (400, b'{"description":"chat not found"}', Forbidden, "telegram_refused"),
        (403, b"{}", Forbidden, "telegram_refused"),
        (401, b"{}", ExchangeDown, "telegram_token_refused"),
        (404, b"{}", ExchangeDown, "telegram_token_refused"),
        (429, b'{"parameters":{"retry_after":17}}', ExchangeDown, "telegram_busy"),
        (429, b"\xff", ExchangeDown, "telegram_busy"),
        (500, b"", OutcomeUnknown, "telegram_failed"),
        (302, b"", OutcomeUnknown, "redirected"),
    ],
)
async def test_whatever_goes_wrong_the_token_is_told_nowhere(
    egress: Egress,
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: bytes,
    family: type[DrawbridgeError],
    code: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with scripted_server(_answering(status, body)) as server:
        post = TelegramPost(egress, lambda: Secret(TOKEN), server.address)
        with pytest.raises(family, match=code) as refused:
            await post.send("42", "text")
    assert TOKEN not in f"{refused.value} {refused.value.facts} {caplog.text}"
    if b"17" in body:
        assert getattr(refused.value, "retry_after_ms", 0) == 17_000


async def test_a_telegram_that_is_not_there_is_tried_later(egress: Egress) -> None:
    async with scripted_server(_answering(200)) as server:
        address = server.address
    with pytest.raises(ExchangeDown, match="unreachable") as refused:
        await TelegramPost(egress, lambda: Secret(TOKEN), address).send("42", "text")
    assert TOKEN not in f"{refused.value} {refused.value.facts}"


async def test_a_chat_gets_its_text(egress: Egress) -> None:
    async with scripted_server(_answering(200)) as server:
        post = TelegramPost(egress, lambda: Secret(TOKEN), server.address)
        await post.send("-42", "“A” has paused.\n" + "x" * 10_000)
        [visit] = server.visits
    assert visit.head.startswith(f"POST /bot{TOKEN}/sendMessage HTTP/1.1".encode())
    told = json.loads(visit.body)
    assert told["chat_id"] == "-42"
    assert told["text"].startswith("“A” has paused.\nxxx")
    assert len(told["text"]) == 4_000


def kept(notice: Notice) -> Kept:
    return Kept(1, notice, at_ms=0, last_ms=0, due_ms=0, count=1, is_read=False)


async def test_a_button_under_a_notice_is_one_that_the_bot_reads(egress: Egress) -> None:
    notice = Notice(NoticeKind.ROBOT_PAUSED, "owner", "robot_abcdefghijklmnop")
    (button,) = buttons_of([kept(notice), kept(notice)])
    async with scripted_server(_answering(200)) as server:
        post = TelegramPost(egress, lambda: Secret(TOKEN), server.address)
        await post.send("42", "“A” has paused.", [button])
        [visit] = server.visits
    [[drawn]] = json.loads(visit.body)["reply_markup"]["inline_keyboard"]
    assert drawn["text"] == "🤖 Show the robot"
    assert Go.unpack(drawn["callback_data"]) == Go(to="robot", what=notice.subject, how="below")


@pytest.mark.parametrize("subject", ["", "kraken", "trial_abc", "robot_" + "x" * 60, "robot_é"])
def test_notices_about_something_else_have_no_button(subject: str) -> None:
    about = kept(Notice(NoticeKind.ROBOT_PAUSED, "owner", subject))
    other = kept(Notice(NoticeKind.ROBOT_PAUSED, "owner", "robot_other"))
    assert buttons_of([about]) == ()
    assert buttons_of([about, other]) == ()


# ------------------------------------------------------------------------------- webhooks


@pytest.mark.parametrize(
    ("status", "family", "code"),
    [
        (500, ExchangeDown, "webhook_refused"),
        (404, ExchangeDown, "webhook_refused"),
        (410, Forbidden, "webhook_gone"),
        (301, OutcomeUnknown, "redirected"),
        (307, OutcomeUnknown, "redirected"),
    ],
)
async def test_what_does_not_take_a_call_is_told_and_no_redirect_is_followed(
    egress: Egress, status: int, family: type[DrawbridgeError], code: str
) -> None:
    async with scripted_server(_answering(200)) as elsewhere:
        location = f"location: http://127.0.0.1:{elsewhere.port}/".encode()
        async with scripted_server(_answering(status, b"", location)) as server:
            with pytest.raises(family, match=code):
                await _called(egress, server)
        assert elsewhere.visits == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "webhook_not_https"),
        ("https://127.0.0.1/", "webhook_private"),
        ("https://[::1]/", "webhook_private"),
        ("https://10.0.0.1/", "webhook_private"),
        ("https://169.254.169.254/latest/meta-data", "webhook_private"),
        ("https://localhost/", "webhook_private"),
        ("https://localhost./", "webhook_private"),
        ("https://router.local/", "webhook_private"),
        ("https://intranet/", "webhook_private"),
        ("https://ada:password@example.com/", "bad_webhook"),
        ("https://example.com/#part", "bad_webhook"),
        ("https://example.com/a b", "bad_webhook"),
        ("https://example.com:x/", "bad_webhook"),
        ("ftp://example.com/", "bad_webhook"),
        ("https://", "bad_webhook"),
        ("", "bad_webhook"),
        ("https://example.com/" + "a" * 2_000, "bad_webhook"),
    ],
)
async def test_an_address_inside_or_without_tls_is_never_called(
    egress: Egress, url: str, code: str
) -> None:
    with pytest.raises(BadInput, match=code) as refused:
        await WebhookPost(egress).send(url, SECRET, CALL)
    assert refused.value.facts["field"] == "place"


async def test_a_clouds_metadata_is_not_called_even_where_it_is_named(egress: Egress) -> None:
    with pytest.raises(Forbidden, match="private_address"):
        await WebhookPost(egress, ["169.254.169.254"]).send("http://169.254.169.254/", SECRET, CALL)


async def test_a_call_is_signed_as_its_specification_says(egress: Egress) -> None:
    async with scripted_server(_answering(204, b"")) as server:
        await _called(egress, server)
        [visit] = server.visits
    lines = visit.head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    assert lines[0] == "POST /hook?a=b HTTP/1.1"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("notice_7", "1790000000")
    signed = b"notice_7.1790000000." + visit.body
    mac = hmac.new(b"k" * 32, signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert visit.body == CALL.body


async def _called(egress: Egress, server: ScriptedServer) -> None:
    url = f"http://127.0.0.1:{server.port}/hook?a=b"
    await WebhookPost(egress, ["127.0.0.1"]).send(url, SECRET, CALL)
