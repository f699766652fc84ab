"""aiogram's requests, sent through our own egress.

Why not aiogram's session: it would be a second HTTP client, and its errors hold the address of
the request, in which the bot's token stands. Files go out as parts of a form, as pictures that we
drew ourselves; none is loaded here.
"""

import hashlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.exceptions import ClientDecodeError, TelegramNetworkError
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import BufferedInputFile, InputFile

from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.gateway.venues import Address
from drawbridge.wire.http import FORM_TYPE, WireAnswer, WireRequest

_TIMEOUT_S: Final = 15


class Sender(Protocol):
    """What carries requests out; the egress does."""

    async def send(self, address: Address, request: WireRequest, timeout_ms: int) -> WireAnswer:
        """Send a request and give its answer."""

    async def close(self) -> None:
        """Close every connection."""


class NothingSent(TelegramNetworkError):
    """Telegram could not be reached, and nothing was sent: the same may be sent again."""


class EgressSession(BaseSession):
    """Carries what aiogram asks to the Bot API at one address."""

    def __init__(self, sender: Sender, address: Address) -> None:
        """Send to this address."""
        super().__init__(timeout=_TIMEOUT_S)
        self._sender = sender
        self._address = address

    async def close(self) -> None:
        """Close every connection."""
        await self._sender.close()

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109  the name that aiogram calls it by
    ) -> TelegramType:
        """Send a request and give its result.

        Raises: aiogram's errors; `TelegramNetworkError` where no answer came, `NothingSent` where
        nothing went out. None of them holds the token or anything that was sent.
        """
        seconds = _TIMEOUT_S if timeout is None else timeout
        kind, body = self._form(bot, method)
        request = WireRequest(
            "POST",
            f"/bot{bot.token}/{method.__api_method__}".encode("ascii", "replace"),
            b"",
            (kind,),
            body,
        )
        try:
            answer = await self._sender.send(self._address, request, seconds * 1_000)
            told = answer.body.decode("utf-8", "replace")
            result = self.check_response(bot, method, answer.status, told).result
        except ExchangeDown as error:
            raise NothingSent(method=method, message=error.code) from None
        except DrawbridgeError as error:
            raise TelegramNetworkError(method=method, message=error.code) from None
        except ClientDecodeError:
            # Its text would be the whole answer, with what people wrote.
            raise TelegramNetworkError(method=method, message="answer_malformed") from None
        if result is None:
            raise TelegramNetworkError(method=method, message="answer_malformed")
        return result

    def stream_content(
        self,
        url: str,
        headers: dict[str, Any] | None = None,
        timeout: int = 30,
        chunk_size: int = 65_536,
        raise_for_status: bool = True,  # noqa: FBT001, FBT002  as aiogram declares it
    ) -> AsyncGenerator[bytes, None]:
        """Refuse: nothing that people send is loaded."""
        del url, headers, timeout, chunk_size, raise_for_status
        message = "files are not loaded"
        raise NotImplementedError(message)

    def _form(
        self, bot: Bot, method: TelegramMethod[TelegramType]
    ) -> tuple[tuple[bytes, bytes], bytes]:
        """Give a request's content type and its body."""
        files: dict[str, Any] = {}
        given = method.model_dump(warnings=False)
        form = {
            name: value
            for name, part in given.items()
            if (value := self.prepare_value(part, bot, files)) is not None
        }
        if files:
            return _in_parts(form, files)
        return FORM_TYPE, urlencode(form).encode("ascii")


def _in_parts(
    form: Mapping[str, Any], files: Mapping[str, InputFile]
) -> tuple[tuple[bytes, bytes], bytes]:
    """Write a form with files (RFC 7578).

    Why its boundary is a hash of all that it holds: it then stands in none of it.
    """
    parts = [(f'name="{name}"', str(value).encode()) for name, value in form.items()]
    for name, file in files.items():
        if not isinstance(file, BufferedInputFile):
            message = "only files from memory are sent"
            raise NotImplementedError(message)
        parts.append((f'name="{name}"; filename="{file.filename}"', file.data))
    mark = hashlib.sha256(b"".join(value for _, value in parts)).hexdigest()
    body = b"".join(
        f"--{mark}\r\nContent-Disposition: form-data; {name}\r\n\r\n".encode() + value + b"\r\n"
        for name, value in parts
    )
    kind = f"multipart/form-data; boundary={mark}".encode()
    return (b"content-type", kind), body + f"--{mark}--\r\n".encode()
