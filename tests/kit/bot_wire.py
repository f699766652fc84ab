"""The Bot API on the wire: which methods take what, requests read and answers written."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
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
    "sendPhoto": (
        frozenset({"chat_id", "photo"}),
        frozenset({"caption", "reply_markup", "parse_mode", "caption_entities"}),
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


@dataclass(frozen=True)
class Asked:
    """A request: where it goes, what its body is, and the body."""

    target: str
    kind: str
    body: bytes


async def read_request(reader: asyncio.StreamReader) -> Asked | None:
    """Read a request; None when the other side has closed."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head.decode("ascii").split("\r\n")
    pairs = (line.split(": ", 1) for line in lines[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers["content-length"]))
    return Asked(lines[0].split(" ")[1], headers["content-type"], body)


def opened(asked: Asked) -> tuple[str, Form]:
    """Open a request into its method and parameters, if the token is right.

    A file's bytes are told as text with one letter for each.
    """
    bot, _, method = asked.target.removeprefix("/").partition("/")
    if bot != f"bot{TOKEN}":
        raise Refused(401, "Unauthorized")
    if method not in METHODS:
        raise Refused(404, "Not Found")
    return method, _READERS[asked.kind.partition(";")[0]](asked)


def _form(asked: Asked) -> Form:
    return dict(parse_qsl(asked.body.decode("ascii"), keep_blank_values=True))


def _json(asked: Asked) -> Form:
    told = json.loads(asked.body)
    return {name: it if isinstance(it, str) else json.dumps(it) for name, it in told.items()}


def _parts(asked: Asked) -> Form:
    mark = asked.kind.partition("boundary=")[2]
    begin, end = f"--{mark}\r\n".encode(), f"\r\n--{mark}--\r\n".encode()
    assert asked.body.startswith(begin)
    assert asked.body.endswith(end)
    form = {}
    for part in asked.body[len(begin) : -len(end)].split(f"\r\n--{mark}\r\n".encode()):
        head, _, value = part.partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        form[name] = value.decode("latin-1" if b"filename=" in head else "utf-8")
    # A parameter may name the part that holds its file.
    attached = {name: it.removeprefix("attach://") for name, it in form.items() if "://" in it}
    return {
        name: form[attached[name]] if name in attached else value
        for name, value in form.items()
        if name not in attached.values()
    }


_READERS: Final = {
    "application/x-www-form-urlencoded": _form,
    "application/json": _json,
    "multipart/form-data": _parts,
}


def written(status: int, told: dict[str, Any]) -> bytes:
    """Write an answer."""
    body = json.dumps(told).encode()
    lines = [f"HTTP/1.1 {status} Told", "content-type: application/json"]
    lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
