"""ccxt as a referee: its clock and nonce stand still, its network is a recorder.

The recorder answers each request with the exchange's own codec and example results, so that ccxt
may ask as often as it likes. Numbers are texts there: no float blurs a comparison. Nothing goes
over a network.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

import ccxt

from drawbridge.catalogue.drawing import draw_secrets
from drawbridge.catalogue.registry import Exchange, credential_of, get_card, get_exchange
from drawbridge.core.operations import Operation
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.paper_server.hosting import client_urls
from drawbridge.wire.codec import ServerView, encode_at
from drawbridge.wire.dialect import sign
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.naming import KEY, named
from tests.real_clients.examples import NOW_MS, Examples
from tests.real_clients.table import Client, Sent, Table, get_table

BASE = "http://127.0.0.1:1"
_NAMES = {"api_key": "apiKey", "api_secret": "secret", "passphrase": "password"}


@dataclass(frozen=True)
class Heard:
    """One request of ccxt's, and what it was taken for."""

    sent: Sent
    endpoint: str
    answer: WireAnswer


@dataclass(frozen=True)
class Referee:
    """One exchange's requests and answers, ours and ccxt's."""

    exchange: Exchange
    table: Table

    @property
    def examples(self) -> Examples:
        """Give the example values that everything is answered with."""
        return Examples(self.exchange, self.table.wire.symbol or self.table.symbol)

    def fields(self, kind: str = "") -> Mapping[str, str]:
        """Give the fields of the key that signs: the table's, or one drawn from the card."""
        wire = self.table.wire
        if kind:
            return wire.other_keys[kind][0]
        return wire.key or _drawn(self.exchange.id)

    def client(self, kind: str = "", fields: Mapping[str, str] | None = None) -> Client:
        """Give a ccxt client that stands still and knows the markets."""
        client = _new_client(self, fields or self.fields(kind))
        client.load_markets()
        client.fetch.heard.clear()
        return client

    def signed(self, operation: Operation[Any], kind: str = "") -> WireRequest:
        """Write an operation as our own client does, signed where the endpoint wants it."""
        exchange = self.exchange
        request = encode_at(exchange.codec, operation, exchange.card.markets(), NOW_MS)
        if not exchange.endpoints.classify(request).is_signed:
            return request
        fields = self.fields(kind)
        request = named(request, {**self.table.wire.names, KEY: fields["api_key"]})
        secrets = {name: Secret(text) for name, text in fields.items()}
        return sign(exchange.dialect, request, credential_of(exchange, secrets), self._stamp())

    def answer(self, request: WireRequest) -> tuple[str, WireAnswer]:
        """Answer a request with the example result; give the name of its endpoint as well."""
        exchange = self.exchange
        endpoint = exchange.endpoints.classify(request)
        if endpoint.answer:
            return endpoint.name, WireAnswer(200, endpoint.answer)
        view = ServerView(endpoint, request, exchange.card.markets(), NOW_MS)
        operation = exchange.codec.decode_request(view)
        result = self.examples.result_of(operation, self.table.wire.results)
        return endpoint.name, exchange.codec.encode_answer(operation, result, view)

    def comparable(self, sent: Sent) -> Sent:
        """Take off a request what the table says can never be equal."""
        change = self.table.wire.as_compared
        return change(sent) if change is not None else sent

    def _stamp(self) -> str:
        rule = self.exchange.card.stamp
        return self.table.wire.stamp or str(NOW_MS * rule.units_per_ms // rule.ms_per_unit)


@dataclass
class Recorder:
    """What ccxt's `fetch` becomes."""

    client: Client
    referee: Referee
    heard: list[Heard] = field(default_factory=list)
    # Answers everything while it is set: a refusal, for instance.
    always: WireAnswer | None = None

    def __call__(
        self,
        url: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: str | bytes | None = None,
    ) -> object:
        """Keep the request, and read the answer as ccxt would, errors included."""
        lowered = {name.lower(): str(value) for name, value in (headers or {}).items()}
        text = body.decode() if isinstance(body, bytes) else body
        sent = (method, url, text or None, lowered)
        name, answer = self._answer(sent)
        self.heard.append(Heard(sent, name, answer))
        client, told = self.client, answer.body.decode()
        document = client.parse_json(told)
        client.last_http_response = told
        client.last_response_headers = {"Content-Type": "application/json"}
        client.handle_errors(answer.status, "", url, method, {}, told, document, headers, body)
        client.handle_http_status_code(answer.status, "", url, method, told)
        return told if document is None else document

    def _answer(self, sent: Sent) -> tuple[str, WireAnswer]:
        if self.always is not None:
            return "", self.always
        return self.referee.answer(as_request(sent))


@cache
def referee(exchange_id: str) -> Referee:
    """Give the referee of an exchange."""
    return Referee(get_exchange(exchange_id), get_table(exchange_id))


def as_request(sent: Sent) -> WireRequest:
    """Give a request of ccxt's in our form."""
    method, url, body, headers = sent
    assert url.startswith(BASE), f"ccxt asks {url}: the card's [clients.ccxt.urls] miss it"
    path, _, query = url.removeprefix(BASE).partition("?")
    named = tuple((name.encode(), value.encode()) for name, value in headers.items())
    return WireRequest(method, path.encode(), query.encode(), named, (body or "").encode())


def as_sent(request: WireRequest) -> Sent:
    """Give a request of ours in the recorder's form."""
    headers = {name.decode(): value.decode() for name, value in request.headers}
    body = request.body.decode() if request.body else None
    return request.method, BASE + request.target.decode(), body, headers


def credentials(fields: Mapping[str, str | None]) -> dict[str, str]:
    """Give a key's fields by ccxt's names."""
    return {_NAMES[name]: text for name, text in fields.items() if text}


def _new_client(it: Referee, fields: Mapping[str, str]) -> Client:
    exchange, table = it.exchange, it.table
    client = getattr(ccxt, exchange.card.clients["ccxt"].id)(
        {
            **credentials(fields),
            "urls": client_urls(exchange, "ccxt", BASE, BASE),
            "enableRateLimit": False,
            **table.settings,
        }
    )
    if table.prepare is not None:
        table.prepare(client)
    client.number = str
    _stand_still(client)
    if table.wire.freeze is not None:
        table.wire.freeze(client)
    client.fetch = Recorder(client, it)
    return client


def _stand_still(client: Client) -> None:
    client.milliseconds = _always(NOW_MS)
    client.seconds = _always(NOW_MS // 1_000)
    client.microseconds = _always(NOW_MS * 1_000)
    if hasattr(client, "incrementing_nonce"):
        client.incrementing_nonce = _always(NOW_MS)


def _always(value: int) -> Callable[[], int]:
    return lambda: value


@cache
def _drawn(exchange_id: str) -> Mapping[str, str]:
    drawn = draw_secrets(get_card(exchange_id).paper_key, Random(7).randbytes)
    secrets = {"api_secret": drawn.api_secret, "passphrase": drawn.passphrase}
    told = {name: secret.reveal() for name, secret in secrets.items() if secret is not None}
    return {"api_key": drawn.api_key, **told}
