"""The Bot API on the wire: which methods take what, requests read and answers written."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

TOKEN: Final = "7000000001:AAF-planted-token-of-a-bot-0123456789"

Form = Mapping[str, str]
Answer = tuple[int, dict[str, Any]]


class Refused(Exception):
    """What the Bot API answers instead of a result."""

    def __init__(self, status: int, told: str, **parameters: int) -> None:
        super().__init__(told)
        self.status, self.told, self.parameters = status, told, parameters


# What each method takes: what must be there, and what may be.
METHODS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "getMe": (frozenset(), frozenset()),
    "getUpdates": (frozenset(), frozenset({"offset", "limit", "timeout", "allowed_updates"})),
    "sendMessage": (
        frozenset({"chat_id", "text"}),
        frozenset({"reply_markup", "link_preview_options", "parse_mode", "entities"}),
    ),
    "editMessageText": (
        frozenset({"chat_id", "message_id", "text"}),
        frozenset({"reply_markup", "link_preview_options", "parse_mode", "entities"}),
    ),
    "deleteMessage": (frozenset({"chat_id", "message_id"}), frozenset()),
    "answerCallbackQuery": (
        frozenset({"callback_query_id"}),
        frozenset({"text", "show_alert", "url", "cache_time"}),
    ),
    "setMyCommands": (frozenset({"commands"}), frozenset({"scope", "language_code"})),
    "leaveChat": (frozenset({"chat_id"}), frozenset()),
}


async def read_request(reader: asyncio.StreamReader) -> tuple[str, bytes] | None:
    """Read a request's target and body; None when the other side has closed."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head.decode("ascii").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    body = await reader.readexactly(int(headers["content-length"]))
    return lines[0].split(" ")[1], body


def opened(target: str, body: bytes) -> tuple[str, Form]:
    """Open a request into its method and parameters, if the token is right."""
    bot, _, method = target.removeprefix("/").partition("/")
    if bot != f"bot{TOKEN}":
        raise Refused(401, "Unauthorized")
    if method not in METHODS:
        raise Refused(404, "Not Found")
    return method, dict(parse_qsl(body.decode("ascii"), keep_blank_values=True))


def written(status: int, told: dict[str, Any]) -> bytes:
    """Write an answer."""
    body = json.dumps(told).encode()
    lines = [f"HTTP/1.1 {status} Told", "content-type: application/json"]
    lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
