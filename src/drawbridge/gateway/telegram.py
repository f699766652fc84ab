"""Sending notices to a Telegram chat: one call of the Bot API, through the egress.

The bot's token stands in the address of the request, as the API wants it. Nothing here puts an
address into an error or a log, and the egress names hosts only.
"""

from collections.abc import Callable, Sequence
from typing import Final

import orjson

from drawbridge.core.errors import ExchangeDown, Forbidden, OutcomeUnknown
from drawbridge.core.secret import Secret
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.venues import Address
from drawbridge.notices.chat_buttons import ChatButton
from drawbridge.wire.http import WireAnswer, WireRequest

TELEGRAM: Final = Address("api.telegram.org", 443, tls=True)
_TIMEOUT_MS: Final = 15_000
_MOST_LETTERS: Final = 4_000
_OK: Final = 200
_BUSY: Final = 429
_ANOTHER_TOKEN: Final = frozenset({401, 404})
_REFUSED: Final = frozenset({400, 403})
_SECOND_MS: Final = 1_000
_LONGEST_WAIT_S: Final = 3_600


class TelegramPost:
    """Sends messages as one bot."""

    def __init__(
        self, egress: Egress, token: Callable[[], Secret], address: Address = TELEGRAM
    ) -> None:
        """Use the egress; the token is read when it is needed and not kept."""
        self._egress = egress
        self._token = token
        self._address = address

    async def send(self, chat: str, text: str, buttons: Sequence[ChatButton] = ()) -> None:
        """Send a text to a chat, with buttons side by side under it if there are any.

        Raises: `ExchangeDown`, `OutcomeUnknown`: later perhaps; `Forbidden("telegram_refused")`
        when the chat does not exist or has thrown the bot out.
        """
        token = self._token()
        told: dict[str, object] = {
            "chat_id": chat,
            "text": text[:_MOST_LETTERS],
            # Nothing that stands in a notice is to be fetched by Telegram's machines.
            "link_preview_options": {"is_disabled": True},
        }
        if buttons:
            drawn = [{"text": it.words, "callback_data": it.data} for it in buttons]
            told["reply_markup"] = {"inline_keyboard": [drawn]}
        request = WireRequest(
            "POST",
            f"/bot{token.reveal()}/sendMessage".encode("ascii", "replace"),
            b"",
            ((b"content-type", b"application/json"),),
            orjson.dumps(told),
        )
        _read(await self._egress.send(self._address, request, _TIMEOUT_MS))


def _read(answer: WireAnswer) -> None:
    if answer.status == _OK:
        return
    if answer.status in _REFUSED:
        raise Forbidden("telegram_refused", rule="telegram", status=answer.status)
    if answer.status in _ANOTHER_TOKEN:
        raise ExchangeDown("telegram_token_refused")
    if answer.status == _BUSY:
        wait_ms = _wait_s(answer.body) * _SECOND_MS
        raise ExchangeDown("telegram_busy", retry_after_ms=wait_ms)
    raise OutcomeUnknown("telegram_failed", status=answer.status)


def _wait_s(body: bytes) -> int:
    """Read how long Telegram asks to wait; whatever else it says is half a minute."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        told = None
    match told:
        case {"parameters": {"retry_after": int(seconds)}} if 0 < seconds < _LONGEST_WAIT_S:
            return seconds
    return 30
