"""People who write to the bot, on the Bot API server of tests/kit/bot_api.py."""

from dataclasses import dataclass
from typing import Any

from tests.kit.bot_api import BotApi, Message, me, told_message


@dataclass
class Person:
    """Somebody with a chat: they see the newest message of the bot, write and press."""

    api: BotApi
    chat: int
    language: str
    name: str

    @property
    def seen(self) -> list[Message]:
        """Give the messages of the bot that stand in the chat, oldest first."""
        found = [it for it in self.api.messages.values() if it.chat == self.chat and it.by_bot]
        return sorted(found, key=lambda message: message.id)

    @property
    def screen(self) -> str:
        """Give what the bot said last."""
        return self.seen[-1].text

    @property
    def written(self) -> list[str]:
        """Give what the person wrote and still stands in the chat."""
        mine = self.api.messages.values()
        return [it.text for it in mine if it.chat == self.chat and not it.by_bot]

    @property
    def labels(self) -> list[str]:
        """Give the words of the buttons under the newest message."""
        return [it["text"] for row in self.seen[-1].buttons for it in row]

    async def say(self, text: str) -> str:
        """Write a message and wait until the bot has answered; give its answer."""
        await self.api.handled(await self.write(text))
        return self.screen

    async def write(self, text: str, kind: str = "text") -> int:
        """Write a message and wait for nothing; give the update's id."""
        message = self.api.message_of(self.chat, text)
        event = {**told_message(message), "chat": self._chat(), "from": self._user()}
        if kind != "text":
            event.pop("text")
            event[kind] = [{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]
        elif text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            event["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return await self.api.receive("message", event)

    async def press(self, words: str, *, under: Message | None = None) -> str:
        """Press the button whose words hold this and wait; give what then stands there."""
        await self.api.handled(await self.touch(words, under=under))
        return self.screen

    async def touch(self, words: str, *, under: Message | None = None) -> int:
        """Press a button and wait for nothing; give the update's id."""
        message = under or self.seen[-1]
        found = [it for row in message.buttons for it in row if words in it["text"]]
        assert found, f"no button {words!r} among {self.labels}"
        event = {
            "id": self.api.query(),
            "from": self._user(),
            "chat_instance": "1",
            "message": {**told_message(message), "chat": self._chat(), "from": me()},
            "data": found[0]["callback_data"],
        }
        return await self.api.receive("callback_query", event)

    async def in_group(self, text: str, group: int = -100_123) -> None:
        """Write in a group in which the bot is."""
        message = self.api.message_of(group, text)
        chat = {"id": group, "type": "supergroup", "title": "Traders"}
        event = {**told_message(message), "chat": chat, "from": self._user()}
        await self.api.handled(await self.api.receive("message", event))

    async def add_to_group(self, group: int, kind: str = "supergroup") -> None:
        """Put the bot into a group or channel."""
        old, new = {"user": me(), "status": "left"}, {"user": me(), "status": "member"}
        chat = {"id": group, "type": kind, "title": "Traders"}
        moved = {"chat": chat, "from": self._user(), "date": self.api.now_s}
        event = {**moved, "old_chat_member": old, "new_chat_member": new}
        await self.api.handled(await self.api.receive("my_chat_member", event))

    def _user(self) -> dict[str, Any]:
        user = {"id": self.chat, "is_bot": False, "first_name": self.name}
        return {**user, "language_code": self.language}

    def _chat(self) -> dict[str, Any]:
        return {"id": self.chat, "type": "private", "first_name": self.name}
