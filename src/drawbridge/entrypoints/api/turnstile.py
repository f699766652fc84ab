"""What every request of a program passes before its operation: language, token, pace, size.

And behind it, the answers that are kept by idempotency key. Which right an operation needs is
said by the operation itself (`caller.py`).
"""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drawbridge.accounts.acting import acting_as
from drawbridge.accounts.api_answers import ApiAnswers, KeptAnswer, Ticket
from drawbridge.accounts.api_tokens import ApiToken
from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Act
from drawbridge.app.build import House
from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import BadInput, DrawbridgeError, ExchangeDown, NotProven
from drawbridge.entrypoints.api.caller import STATE, Caller
from drawbridge.entrypoints.api.problems import answer_problem
from drawbridge.storage.acting import as_house, as_nobody
from drawbridge.trading.pace import Pace
from drawbridge.wording.language import LANGUAGES, find_language, speaking, spoken

PER_TOKEN: Final = 600
MOST_BODY_BYTES: Final = 1_048_576
SCHEMA: Final = "/openapi.json"
SHOWN_ONCE: Final = "drawbridge-shown-once"
"""The header of an answer that holds a secret: it is given and never kept."""
_KEY: Final = "idempotency-key"
_REPLAYED: Final = "idempotency-replayed"
_BEARER: Final = "bearer"
_JSON: Final = "application/json"
_GOOD: Final = range(200, 300)
_FAILED: Final = 500


class Turnstile:
    """The API behind its checks."""

    def __init__(self, api: ASGIApp, house: House) -> None:
        """Stand before this API."""
        self._api = api
        self._house = house
        self._answers = ApiAnswers(house.database, house.clock)
        self._pace = Pace(house.clock, PER_TOKEN)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        asked = find_language(headers.get("accept-language", ""))
        # Whose token it is has to be found out first.
        with speaking(asked.tag if asked else ""), as_nobody():
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if path == SCHEMA:
                await self._api(scope, receive, send)
                return
            try:
                with as_house():
                    token = await self._prove(headers, scope)
                    person = await self._get_person(token)
            except DrawbridgeError as error:
                await answer_problem(error)(scope, receive, send)
                return
            tag = spoken().tag if asked else person.language
            with speaking(tag if tag in LANGUAGES else ""), acting_as(person, Act.PERSONAL):
                await self._pass(Caller(self._house, token, person), scope, receive, send)

    async def _prove(self, headers: Headers, scope: Scope) -> ApiToken:
        scheme, _, text = headers.get("authorization", "").partition(" ")
        if scheme.lower() != _BEARER or not text.strip():
            raise NotProven("token_missing")
        client = scope.get("client")
        token = await self._house.tokens.prove(text.strip(), client[0] if client else "")
        try:
            self._pace.count(token.id)
        except ExchangeDown:
            wait_ms = MINUTE_MS - self._house.clock.now_ms() % MINUTE_MS
            raise ExchangeDown("too_many_requests", retry_after_ms=wait_ms) from None
        return token

    async def _get_person(self, token: ApiToken) -> Owner:
        """Give whose token it is, with the role of this moment; of who is ended none counts."""
        person = await self._house.people.find_owner(token.owner)
        if person is None:
            raise NotProven("token_wrong")
        return person

    async def _pass(self, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        headers, token = Headers(scope=scope), caller.token
        scope.setdefault("state", {})[STATE] = caller
        try:
            body = await _read(receive)
            kept = headers.get(_KEY) if scope["method"] == "POST" else None
            if kept is None:
                await self._api(scope, _again(body), send)
                return
            request = {
                "path": scope["path"].encode(),
                "query": scope["query_string"],
                "body": body,
            }
            begun = await self._answers.begin(token, kept, request)
        except DrawbridgeError as error:
            await answer_problem(error)(scope, receive, send)
            return
        if isinstance(begun, KeptAnswer):
            await _replay(begun)(scope, receive, send)
            return
        await self._once(begun, body, scope, send)

    async def _once(self, ticket: Ticket, body: bytes, scope: Scope, send: Send) -> None:
        """Let a request through and keep its answer before it is given.

        Why: a program that has the answer must be able to rely on getting it again.
        """
        told: list[Message] = []

        async def hold(message: Message) -> None:
            told.append(message)

        try:
            await self._api(scope, _again(body), hold)
        finally:
            await self._settle(ticket, told)
            for message in told:
                await send(message)

    async def _settle(self, ticket: Ticket, told: list[Message]) -> None:
        status = told[0]["status"] if told else _FAILED
        if status in _GOOD and SHOWN_ONCE in Headers(raw=told[0]["headers"]):
            # Kept, the secret would stand on disk in plain. The same key sent again is told that
            # nobody knows, and nothing is done twice.
            self._answers.lose(ticket)
        elif status in _GOOD:
            parts = (it.get("body", b"") for it in told if it["type"] == "http.response.body")
            await self._answers.keep(ticket, KeptAnswer(status, b"".join(parts)))
        elif status < _FAILED:
            # A refusal: nothing was done, so the key may name the next attempt.
            await self._answers.forget(ticket)
        else:
            self._answers.lose(ticket)


def _replay(answer: KeptAnswer) -> Response:
    headers: Mapping[str, str] = {_REPLAYED: "true", "content-language": spoken().tag}
    return Response(answer.body, answer.status, headers, _JSON if answer.body else None)


async def _read(receive: Receive) -> bytes:
    """Read a body. Raises: `BadInput("request_too_large")`."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BODY_BYTES:
            raise BadInput("request_too_large", field="body", most=MOST_BODY_BYTES)
    return bytes(body)


def _again(body: bytes) -> Receive:
    """Give a body that was read to whoever reads it next."""
    left = [body]

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    return receive
