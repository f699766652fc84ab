"""The line to a Drawbridge elsewhere: requests by the typed client, its refusals as our errors.

What does something is sent with an idempotency key, so that an answer that gets lost on its way
does not do it twice. The token is in no error, log or argument.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from drawbridge.app.clock import entropy
from drawbridge.app.remotes import Remote, read_token
from drawbridge.client import Calling, Client, Refused, Unreachable
from drawbridge.core.clock import SECOND_MS
from drawbridge.core.errors import (
    BadInput,
    Conflict,
    Corrupted,
    DrawbridgeError,
    ExchangeDown,
    Forbidden,
    NotFound,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.wording.language import spoken

T = TypeVar("T")

_TRIES: Final = 3
_KEY_BYTES: Final = 16
_FORBIDDEN: Final = 403
# The same request came twice, and the first one had not ended: nobody here knows what became of it.
_UNDER_WAY: Final = frozenset({"request_under_way", "request_interrupted"})
_FAMILIES: Final[Mapping[int, type[DrawbridgeError]]] = {
    400: BadInput,
    401: NotProven,
    403: Forbidden,
    404: NotFound,
    405: NotFound,
    409: Conflict,
    413: BadInput,
    422: BadInput,
    429: ExchangeDown,
    503: ExchangeDown,
    504: OutcomeUnknown,
}
_NO_ANSWER: Final[Mapping[str, tuple[type[DrawbridgeError], str]]] = {
    "ConnectionRefusedError": (ExchangeDown, "remote_nobody_listens"),
    "NoDrawbridge": (NotFound, "remote_no_drawbridge"),
    "SSLCertVerificationError": (NotProven, "remote_certificate"),
    "SSLError": (NotProven, "remote_certificate"),
    "TimeoutError": (ExchangeDown, "remote_too_slow"),
    "gaierror": (NotFound, "remote_name_unknown"),
}


class Line:
    """Requests to one Drawbridge elsewhere, with one token."""

    def __init__(self, remote: Remote) -> None:
        """Speak to a remote.

        Raises: `BadInput("bad_remote_address")`, and for its token as `read_token`.
        """
        token = read_token(remote)
        try:
            calling = Calling(remote.address, token.reveal(), language=spoken().tag)
        except ValueError:
            raise BadInput("bad_remote_address", field="--at") from None
        self.address = remote.address
        self._client = Client(calling)

    async def ask(self, read: Callable[[Client], T]) -> T:
        """Ask for something and read it."""
        return await self._send(lambda: read(self._client), changes=False)

    async def change(self, do: Callable[[Client], T]) -> T:
        """Do something that is sent once.

        Raises: `OutcomeUnknown("remote_outcome_unknown")` when no answer came.
        """
        return await self._send(lambda: do(self._client), changes=True)

    async def act(self, do: Callable[[Client, str], T]) -> T:
        """Do something under an idempotency key, again where its answer got lost.

        Raises: `OutcomeUnknown("remote_outcome_unknown")` when no answer came at all.
        """
        once = entropy(_KEY_BYTES).hex()
        for _ in range(_TRIES - 1):
            try:
                return await self._send(lambda: do(self._client, once), changes=True)
            except OutcomeUnknown as error:
                if error.code != "remote_outcome_unknown":
                    raise
        return await self._send(lambda: do(self._client, once), changes=True, is_again=True)

    async def _send(self, call: Callable[[], T], *, changes: bool, is_again: bool = False) -> T:
        try:
            return await asyncio.to_thread(call)
        except Refused as refused:
            raise self._error_of(refused) from None
        except Unreachable as met:
            if (changes and met.was_sent) or is_again:
                raise self._unknown() from None
            family, code = _NO_ANSWER.get(met.kind, (ExchangeDown, "remote_unreachable"))
            raise family(code, address=self.address, kind=met.kind) from None
        except (ValueError, KeyError, TypeError):
            # Another version, which tells things in another way.
            raise Corrupted("remote_not_understood", address=self.address) from None

    def _unknown(self) -> OutcomeUnknown:
        return OutcomeUnknown("remote_outcome_unknown", address=self.address)

    def _error_of(self, refused: Refused) -> DrawbridgeError:
        if refused.code in _UNDER_WAY:
            return self._unknown()
        facts = dict(refused.facts)
        if refused.field is not None:
            facts["field"] = refused.field
        family = _FAMILIES.get(refused.status, Corrupted)
        # Who lacks a proof other than the token is answered with 403 as well; a rule forbids.
        if refused.status == _FORBIDDEN and "rule" not in facts:
            family = NotProven
        error = family(refused.code)
        error.facts = facts
        if isinstance(error, ExchangeDown) and refused.retry_after_s:
            error.retry_after_ms = refused.retry_after_s * SECOND_MS
        return error
