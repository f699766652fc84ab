"""Whatever a stranger sends, and whatever an exchange answers, is refused in known words.

Part of the contract: no decoder raises anything else, for any bytes.
"""

import re
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import (
    Exchange,
    check_fields,
    credential_of,
    exchange_ids,
    get_card,
    get_exchange,
)
from drawbridge.core.errors import (
    BadInput,
    DrawbridgeError,
    ExchangeRefused,
    Forbidden,
    NotFound,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.operations import GetBalances, Operation
from drawbridge.core.secret import Secret
from drawbridge.wire.codec import ServerView, encode_at
from drawbridge.wire.dialect import sign
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer, WireRequest
from tests.exchanges import samples
from tests.exchanges.market_samples import NOW_MS

CARRIED = tuple(x for x in exchange_ids() if get_card(x).level >= Level.TRADED)

every_carried = pytest.mark.parametrize("exchange_id", CARRIED)
many = settings(max_examples=75, suppress_health_check=[HealthCheck.too_slow])

_REFUSALS = (BadInput, NotProven, NotFound, Forbidden)

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["", "0", "-1", "1e999", "NaN", "٣", "1" * 60, "open", "buy", "BTCUSDT"])
)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
raw = st.binary(max_size=60) | st.text(max_size=30).map(lambda text: text.encode("utf-8"))


def _request(exchange: Exchange, data: st.DataObject) -> tuple[Endpoint, WireRequest]:
    rows = [row for row in exchange.endpoints.rows() if row.operation and not row.answer]
    # What is asked over a stream comes in frames; see test_streams.py.
    rows = [row for row in rows if row.method != "WS"]
    endpoint = data.draw(st.sampled_from(rows))
    path = _NAMED_PART.sub(lambda _part: data.draw(_path_parts), endpoint.path)
    return endpoint, WireRequest(
        endpoint.method, path, data.draw(raw), (), data.draw(raw | _json_bodies)
    )


# What a path with named parts lets through, see wire/endpoints.py.
_NAMED_PART = re.compile(rb"\{[a-z_]+\}")
_path_parts = st.from_regex(rb"\A[A-Za-z0-9_:,~-][A-Za-z0-9._:,~-]{0,12}\Z")
_json_bodies = st.dictionaries(st.text(max_size=8), trees, max_size=4).map(orjson.dumps)


def _damaged(exchange: Exchange, data: st.DataObject) -> tuple[Endpoint, WireRequest]:
    """Write a good request and put garbage in the place of one value, or in the place of a name."""
    operation = data.draw(samples.operations(exchange))
    request = encode_at(exchange.codec, operation, exchange.card.markets(), NOW_MS)
    endpoint = exchange.endpoints.classify(request)
    return endpoint, WireRequest(
        request.method,
        request.path,
        _one_replaced(request.query, data),
        request.headers,
        _one_replaced(request.body, data),
    )


def _one_replaced(text: bytes, data: st.DataObject) -> bytes:
    if not text:
        return text
    if text[:1] in {b"{", b"["}:
        return _document_damaged(orjson.loads(text), data)
    pieces = text.split(b"&")
    at = data.draw(st.integers(0, len(pieces) - 1))
    name, _, value = pieces[at].partition(b"=")
    odd = data.draw(raw | leaves.map(lambda leaf: str(leaf).encode("utf-8", "replace")))
    pieces[at] = name + b"=" + odd if data.draw(st.booleans()) else odd + b"=" + value
    return b"&".join(pieces)


@every_carried
@many
@given(data=st.data())
def test_a_request_of_garbage_is_refused_in_known_words(
    exchange_id: str, data: st.DataObject
) -> None:
    exchange = get_exchange(exchange_id)
    endpoint, request = data.draw(st.sampled_from([_request, _damaged]))(exchange, data)
    view = ServerView(endpoint, request, exchange.card.markets(), NOW_MS)
    try:
        read = exchange.codec.decode_request(view)
    except (*_REFUSALS, ExchangeRefused) as error:
        answer = exchange.codec.write_error(exchange.errors.speak(error.code, error.facts))
        assert exchange.codec.read_error(answer) is not None
    else:
        assert isinstance(read, Operation)


@every_carried
@many
@given(data=st.data())
def test_a_claim_of_garbage_is_refused_in_known_words(
    exchange_id: str, data: st.DataObject
) -> None:
    """A request signed by the rules, with garbage in some places that the signature has."""
    exchange = get_exchange(exchange_id)
    fields = data.draw(samples.fields_of(exchange.card))
    credential = credential_of(exchange, {name: Secret(it) for name, it in fields.items()})
    plain = encode_at(exchange.codec, GetBalances(), exchange.card.markets(), NOW_MS)
    signed = sign(exchange.dialect, plain, credential, data.draw(samples.stamps_of(exchange.card)))
    broken = WireRequest(
        signed.method,
        signed.path,
        data.draw(st.just(signed.query) | raw | st.just(_one_replaced(signed.query, data))),
        tuple((name, data.draw(st.just(value) | raw)) for name, value in signed.headers),
        data.draw(st.just(signed.body) | raw | _json_bodies),
    )
    with suppress(*_REFUSALS):
        exchange.dialect.claim(broken)
        exchange.dialect.payload(broken)


@every_carried
@many
@given(data=st.data())
def test_an_answer_of_garbage_leaves_the_outcome_unknown(
    exchange_id: str, data: st.DataObject
) -> None:
    exchange = get_exchange(exchange_id)
    markets = exchange.card.markets()
    operation = data.draw(samples.operations(exchange))
    body = data.draw(raw | trees.map(_dumped) | st.just(_broken(exchange, operation, data)))
    answer = WireAnswer(200, body)
    exchange.codec.read_error(answer)
    known = "unreadable_answer|unknown_order"
    with suppress(OutcomeUnknown, NotFound):
        exchange.codec.decode_answer(operation, answer, markets)
        return
    with pytest.raises((OutcomeUnknown, NotFound), match=known):
        exchange.codec.decode_answer(operation, answer, markets)


def _broken(exchange: Exchange, operation: Operation[Any], data: st.DataObject) -> bytes:
    """Write a good answer and put garbage in the place of one of its parts."""
    codec, markets = exchange.codec, exchange.card.markets()
    request = encode_at(codec, operation, markets, NOW_MS)
    view = ServerView(exchange.endpoints.classify(request), request, markets, NOW_MS)
    asked = codec.decode_request(view)
    result = data.draw(samples.results(exchange, asked))
    document = orjson.loads(codec.encode_answer(asked, result, view).body)
    return _document_damaged(document, data)


def _document_damaged(document: Any, data: st.DataObject) -> bytes:  # noqa: ANN401  JSON has no type
    parts = list(_places(document))
    if parts:
        holder, at = data.draw(st.sampled_from(parts))
        holder[at] = data.draw(trees)
    return _dumped(document)


def _places(tree: Any) -> Any:  # noqa: ANN401  JSON has no type
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        yield from _places(tree[key])


def _dumped(tree: object) -> bytes:
    try:
        return orjson.dumps(tree)
    except orjson.JSONEncodeError:
        return b"[]"


@every_carried
@many
@given(status=st.sampled_from([200, 400, 401, 403, 418, 429, 502]), body=raw | trees.map(_dumped))
def test_an_error_of_garbage_is_one_of_ours(exchange_id: str, status: int, body: bytes) -> None:
    exchange = get_exchange(exchange_id)
    told = exchange.codec.read_error(WireAnswer(status, body))
    if told is not None:
        assert isinstance(exchange.errors.read(told), DrawbridgeError)


@every_carried
@settings(max_examples=30)
@given(data=st.data())
def test_no_credential_text_is_in_any_text_of_ours(exchange_id: str, data: st.DataObject) -> None:
    exchange = get_exchange(exchange_id)
    fields = data.draw(samples.fields_of(exchange.card))
    secret = fields["api_secret"]
    checked = check_fields(exchange.card, fields)
    credential = credential_of(exchange, checked.secrets)
    plain = encode_at(exchange.codec, GetBalances(), exchange.card.markets(), NOW_MS)
    request = sign(exchange.dialect, plain, credential, data.draw(samples.stamps_of(exchange.card)))
    for thing in (checked, credential, request, exchange.dialect.claim(request)):
        assert secret not in f"{thing} {thing!r}"
    for wrong in (secret + "\u00e9", secret[:-5], "-----BEGIN PRIVATE KEY-----" + secret):
        with pytest.raises(DrawbridgeError) as refused:
            check_fields(exchange.card, fields | {"api_secret": wrong})
        assert secret[:12] not in f"{refused.value} {refused.value!r} {refused.value.__context__!r}"
