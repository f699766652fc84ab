"""Where signals from outside come in: `POST /hooks/{hook}`, for programs and not for browsers.

No cookie and no form token: the secret in the message is the proof. What is in a message is not
known here; it is read in bounded bytes and handed on.
"""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from drawbridge.app.build import House
from drawbridge.core.errors import BadInput, DrawbridgeError, ExchangeDown, NotProven
from drawbridge.storage.acting import as_house
from drawbridge.trading.pace import Pace
from drawbridge.trading.signal_words import MAX_BODY_BYTES
from drawbridge.wording.say import say_error

PER_HOOK: Final = 60
PER_ADDRESS: Final = 600
_TOO_MANY: Final = 429
_TOO_LARGE: Final = 413
_MOST_LETTERS: Final = 64


@dataclass(frozen=True, slots=True)
class _Targets:
    """The markets of robots, for signals that name theirs."""

    house: House

    async def symbol_of(self, owner: str, robot_id: str) -> str:
        return (await self.house.robots.get_robot(owner, robot_id)).plan.symbol


class Hooks:
    """The address of all hooks."""

    def __init__(self, house: House) -> None:
        """Receive for this house."""
        self._house = house
        self._targets = _Targets(house)
        self._by_hook = Pace(house.clock, PER_HOOK)
        self._by_address = Pace(house.clock, PER_ADDRESS)

    async def receive(self, request: Request) -> JSONResponse:
        """Take one message.

        Shape: `{"accepted": true}`; to who has proven the secret, what was wrong as `code` and
        `message`; to everybody else nothing but `{"accepted": false}`.
        """
        hook_id = str(request.path_params["hook"])[:_MOST_LETTERS]
        try:
            self._by_address.count(request.client.host if request.client else "")
            self._by_hook.count(hook_id)
            body = await _read(request)
            with as_house():  # Whose hook it is, the message proves.
                await self._house.signals.receive(hook_id, body, self._targets)
        except ExchangeDown as error:
            wait = str(error.retry_after_ms // 1_000)
            return JSONResponse({"accepted": False}, _TOO_MANY, {"retry-after": wait})
        except NotProven as error:
            return JSONResponse({"accepted": False}, error.http_status)
        except DrawbridgeError as error:
            told = {"accepted": False, "code": error.code, "message": say_error(error)}
            is_long = error.code == "signal_too_large"
            return JSONResponse(told, _TOO_LARGE if is_long else error.http_status)
        return JSONResponse({"accepted": True})


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BadInput("signal_too_large", field="body")
    return bytes(body)
