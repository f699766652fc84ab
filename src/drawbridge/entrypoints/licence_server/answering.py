"""What the licence server is asked over HTTP, and how it answers. No rule lives here.

Shape: `POST /v1/ask` takes a signed question and gives a signed lease; `GET /v1/revocations` gives
the signed list; `GET /v1/health` says that it is there. A no is JSON: `{"code", "facts"}`.
"""

import logging
from typing import Final

import orjson

from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.licences.desk import Desk
from drawbridge.licences.office import Office
from drawbridge.wire.http import WireAnswer, WireRequest

_log: Final = logging.getLogger(__name__)
_TEXT: Final = ((b"content-type", b"text/plain; charset=us-ascii"),)
_NOT_FOUND: Final = WireAnswer(404, b'{"code":"licence_no_such_path","facts":{}}')
_OK: Final = WireAnswer(200, b'{"ok":true}')


class LicenceAnswering:
    """Answers installations."""

    def __init__(self, desk: Desk, office: Office) -> None:
        """Answer by this desk; the list comes from the office."""
        self._desk = desk
        self._office = office

    async def answer(self, request: WireRequest, address: str) -> WireAnswer:
        """Answer a request; never raises for what a sender can do."""
        del address
        try:
            match (request.method, request.path):
                case ("POST", b"/v1/ask"):
                    question = request.body.decode("ascii", "replace")
                    return _signed(await self._desk.answer(question))
                case ("GET", b"/v1/revocations"):
                    return _signed(await self._office.revocations())
                case ("GET", b"/v1/health"):
                    return _OK
                case _:
                    return _NOT_FOUND
        except DrawbridgeError as error:
            return _no(error)

    def hear_refused(self, code: str, address: str) -> None:
        """Note what was no request."""
        _log.warning("%s from %s", code, address)


def _signed(text: str) -> WireAnswer:
    return WireAnswer(200, text.encode("ascii"), _TEXT)


def _no(error: DrawbridgeError) -> WireAnswer:
    # Of an operator's own trouble, an installation hears that it is to ask again.
    told = error if error.code.startswith("licence_") else ExchangeDown("licence_server_failed")
    body = orjson.dumps({"code": told.code, "facts": told.facts}, default=str)
    return WireAnswer(told.http_status, body)
