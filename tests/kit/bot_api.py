"""A Bot API server on this machine that speaks Telegram's wire format.

Those who write to bots there stand in bot_people.py. Strict where Telegram is: unknown methods and
parameters, sizes of texts and of a button's data, messages that are not there, buttons that were
pressed too long ago. Source: https://core.telegram.org/bots/api
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import pytest

from tests.kit.bot_rules import buttons_of, photo_of, text_of
from tests.kit.bot_wire import METHODS, Answer, Asked, Form, Refused, opened, read_request, written

BOT_ID: Final = 7_000_000_001
BOT_NAME: Final = "drawbridge_test_bot"

_WITHIN_S: Final = 20
_DELETABLE_S: Final = 48 * 3_600
_QUERY_LIVES_S: Final = 900


@dataclass
class Message:
    """A message as it stands in a chat."""

    id: int
    chat: int
    text: str
    by_bot: bool
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    at_s: int = 0
    edits: list[str] = field(default_factory=list)
    photo: bytes = b""


@dataclass
class Fault:
    """What goes wrong with the next call of a method; without a status, no answer comes."""

    method: str
    status: int = 0
    told: str = ""
    parameters: dict[str, int] = field(default_factory=dict)
    executes: bool = False
    holds: bool = False

    def refuse(self) -> NoReturn:
        """Answer so."""
        raise Refused(self.status, self.told, **self.parameters)


@dataclass(frozen=True)
class Call:
    """A call as it came, with the moment at which it came."""

    method: str
    form: Form
    at_s: float


class BotApi:
    """The server: chats, updates that wait, and what is to go wrong."""

    def __init__(self) -> None:
        self.port = 0
        self.now_s = 1_790_000_000
        self.messages: dict[int, Message] = {}
        self.left: list[int] = []
        self.calls: list[Call] = []
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.faults: list[Fault] = []
        self.blocked: set[int] = set()
        self.wire: list[bytes] = []
        self._updates: deque[dict[str, Any]] = deque()
        self._next_update = 100_000
        self._next_message = 1
        self._confirmed = 0
        self._queries: dict[str, int] = {}
        self._known: set[int] = set()
        self._polls = 0
        self._changed = asyncio.Condition()
        self._sent: list[dict[str, Any]] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self.is_gone = False
        self.refused = 0

    @property
    def url(self) -> str:
        """Give the address of the API."""
        return f"http://127.0.0.1:{self.port}"

    # ------------------------------------------------------------------ what people do

    async def receive(self, kind: str, event: dict[str, Any]) -> int:
        """Let an update wait for the bot; give its id."""
        async with self._changed:
            update = self._next_update
            self._next_update += 1
            self._updates.append({"update_id": update, kind: event})
            self._sent.append(self._updates[-1])
            self._changed.notify_all()
        return update

    async def handled(self, update: int) -> None:
        """Wait until the bot has confirmed an update, which it does after handling it."""
        await self.until(lambda: self._confirmed > update)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that a call changes."""
        async with asyncio.timeout(_WITHIN_S), self._changed:
            await self._changed.wait_for(condition)

    def message_of(self, chat: int, text: str, *, by_bot: bool = False) -> Message:
        """Put a message into a chat."""
        message = Message(self._next_message, chat, text, by_bot, at_s=self.now_s)
        self._next_message += 1
        self.messages[message.id] = message
        if not by_bot:
            self._known.add(chat)
        return message

    def query(self) -> str:
        """Give the id of a button that is pressed now."""
        name = str(4_000_000_000 + len(self._queries))
        self._queries[name] = self.now_s
        return name

    def age(self, seconds: int) -> None:
        """Let time pass for what is in the chats."""
        self.now_s += seconds

    def confirm_only_up_to(self, update: int) -> None:
        """Forget that this update and later ones were confirmed: they are sent again."""
        self._confirmed = update
        self._updates = deque(it for it in self._sent if it["update_id"] >= update)

    async def hang_up(self) -> None:
        """Be gone: no connection is taken, and those that there are end."""
        self.is_gone = True
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def refusal(self, method: str, form: Form) -> str:
        """Give what a call is refused with."""
        with pytest.raises(Refused) as refused:
            await self._execute(method, form)
        return refused.value.told

    def of(self, method: str) -> list[Call]:
        """Give the calls of a method."""
        return [call for call in self.calls if call.method == method]

    # ------------------------------------------------------------------ the wire

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests on one connection until it is closed."""
        if self.is_gone:
            writer.transport.abort()
            return
        self._writers.add(writer)
        try:
            while (request := await read_request(reader)) is not None:
                self.wire.append(request.body)
                answer = await self._answer(request)
                if answer is None:
                    return
                writer.write(written(*answer))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, asked: Asked) -> Answer | None:
        try:
            method, form = opened(asked)
            self.calls.append(Call(method, form, asyncio.get_running_loop().time()))
            fault = self._fault(method)
            if fault is not None and fault.holds:
                async with self._changed:
                    self._changed.notify_all()
                await asyncio.Event().wait()
            if fault is None or fault.executes:
                result = await self._execute(method, form)
            if fault is not None:
                if not fault.status:
                    return None
                fault.refuse()
        except Refused as refusal:
            self.refused += 1
            told: dict[str, Any] = {"ok": False, "error_code": refusal.status}
            told["description"] = refusal.told
            if refusal.parameters:
                told["parameters"] = refusal.parameters
            return refusal.status, told
        finally:
            async with self._changed:
                self._changed.notify_all()
        return 200, {"ok": True, "result": result}

    def _fault(self, method: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == method:
                self.faults.remove(fault)
                return fault
        return None

    async def _execute(self, method: str, form: Form) -> object:
        required, optional = METHODS[method]
        missing, unknown = required - set(form), set(form) - required - optional
        if missing:
            raise Refused(400, f"Bad Request: parameter {min(missing)} is empty")
        if unknown:
            raise Refused(400, f"Bad Request: unknown parameter {min(unknown)}")
        if method == "getUpdates":
            return await self._get_updates(form)
        plain: dict[str, Callable[[Form], Any]] = {
            "getMe": lambda _form: me(),
            "sendMessage": self._send,
            "sendPhoto": self._send_photo,
            "editMessageText": self._edit,
            "deleteMessage": self._delete,
            "answerCallbackQuery": self._answer_query,
            "setMyCommands": self._set_commands,
            "leaveChat": self._leave,
        }
        return plain[method](form)

    async def _get_updates(self, form: Form) -> list[dict[str, Any]]:
        if self._polls:
            raise Refused(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot "
                "instance is running",
            )
        offset, wait_s = int(form.get("offset", "0")), int(form.get("timeout", "0"))
        allowed = set(json.loads(form.get("allowed_updates", "[]")))
        async with self._changed:
            while self._updates and self._updates[0]["update_id"] < offset:
                self._updates.popleft()
            self._confirmed = max(self._confirmed, offset)
            self._changed.notify_all()
            self._polls += 1
            try:
                async with asyncio.timeout(wait_s):
                    await self._changed.wait_for(lambda: bool(self._updates))
            except TimeoutError:
                return []
            finally:
                self._polls -= 1
            waiting = list(self._updates)[: int(form.get("limit", "100"))]
        return [it for it in waiting if not allowed or allowed & set(it)]

    def _send(self, form: Form) -> dict[str, Any]:
        return told_message(self._put(form, text_of(form)))

    def _send_photo(self, form: Form) -> dict[str, Any]:
        photo, caption = photo_of(form)
        message = self._put(form, caption)
        message.photo = photo
        return told_message(message)

    def _put(self, form: Form, text: str) -> Message:
        chat = self._chat(form)
        if chat > 0 and chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if chat > 0 and chat not in self._known:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        message = self.message_of(chat, text, by_bot=True)
        message.buttons = buttons_of(form)
        return message

    def _edit(self, form: Form) -> dict[str, Any]:
        message = self._message(form, "message to edit not found")
        if not message.by_bot:
            raise Refused(400, "Bad Request: message can't be edited")
        if message.photo:
            raise Refused(400, "Bad Request: there is no text in the message to edit")
        text, buttons = text_of(form), buttons_of(form)
        if (text, buttons) == (message.text, message.buttons):
            raise Refused(
                400,
                "Bad Request: message is not modified: specified new message content and reply "
                "markup are exactly the same as a current content and reply markup of the message",
            )
        message.edits.append(message.text)
        message.text, message.buttons = text, buttons
        return told_message(message)

    def _delete(self, form: Form) -> bool:
        message = self._message(form, "message to delete not found")
        if self.now_s - message.at_s > _DELETABLE_S:
            raise Refused(400, "Bad Request: message can't be deleted for everyone")
        del self.messages[message.id]
        return True

    def _answer_query(self, form: Form) -> bool:
        at_s = self._queries.get(form["callback_query_id"])
        if at_s is None or self.now_s - at_s > _QUERY_LIVES_S:
            told = "query is too old and response timeout expired or query ID is invalid"
            raise Refused(400, f"Bad Request: {told}")
        return True

    def _set_commands(self, form: Form) -> bool:
        commands = json.loads(form["commands"])
        for command in commands:
            name, about = command["command"], command["description"]
            is_name = name.isascii() and name.replace("_", "").isalnum() and name == name.lower()
            if not is_name or not 1 <= len(name) <= 32:
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(about) <= 256:
                raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        code = form.get("language_code", "")
        if code and (len(code) != 2 or not code.islower()):
            raise Refused(400, "Bad Request: invalid language code specified")
        self.commands[code] = commands
        return True

    def _leave(self, form: Form) -> bool:
        chat = self._chat(form)
        if chat > 0:
            raise Refused(400, "Bad Request: chat member status can't be changed in private chats")
        self.left.append(chat)
        return True

    def _chat(self, form: Form) -> int:
        try:
            return int(form["chat_id"])
        except ValueError:
            raise Refused(400, "Bad Request: chat not found") from None

    def _message(self, form: Form, otherwise: str) -> Message:
        message = self.messages.get(int(form["message_id"]))
        if message is None or message.chat != self._chat(form):
            raise Refused(400, f"Bad Request: {otherwise}")
        return message


@asynccontextmanager
async def bot_api() -> AsyncIterator[BotApi]:
    """Serve the Bot API on a free port until the block is left."""
    api = BotApi()
    connections: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(api.serve(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    api.port = server.sockets[0].getsockname()[1]
    try:
        yield api
    finally:
        server.close()
        for task in tuple(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


def me() -> dict[str, Any]:
    """Give the bot as Telegram tells it."""
    return {"id": BOT_ID, "is_bot": True, "first_name": "Drawbridge", "username": BOT_NAME}


def told_message(message: Message) -> dict[str, Any]:
    """Give a message as Telegram tells it."""
    chat = {"id": message.chat, "type": "private" if message.chat > 0 else "supergroup"}
    told: dict[str, Any] = {"message_id": message.id, "date": message.at_s, "chat": chat}
    if message.photo:
        size = {"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}
        told |= {"photo": [size], "caption": message.text}
    else:
        told["text"] = message.text
    return {**told, "from": me()} if message.by_bot else told
