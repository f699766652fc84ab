"""No order is read past a word that nobody here knows.

Part of the contract, because bots' orders are judged by what is read of them and sent on in the
bots' own words: a word that only the exchange knows could make them another order.
"""

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card, get_exchange
from drawbridge.core.errors import BadInput
from drawbridge.wire.codec import ServerView, encode_at
from drawbridge.wire.http import WireRequest
from tests.exchanges import samples
from tests.exchanges.market_samples import NOW_MS

PAPERED = tuple(x for x in exchange_ids() if get_card(x).level >= Level.PAPERED)

some = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])


def _with_word(request: WireRequest, name: str) -> WireRequest:
    """Put a word among the others, wherever this exchange's orders hold theirs."""
    query, body = request.query, request.body
    if body[:1] in {b"{", b"["}:
        document = orjson.loads(body)
        order = document[0] if isinstance(document, list) else document
        order[name] = "5"
        body = orjson.dumps(document)
    elif body:
        body += f"&{name}=5".encode("ascii")
    else:
        query += f"&{name}=5".encode("ascii")
    return WireRequest(request.method, request.path, query, request.headers, body)


@pytest.mark.parametrize("exchange_id", PAPERED)
@some
@given(data=st.data(), name=st.sampled_from(("sideEffect", "of_mine", "x")))
def test_an_order_with_a_word_that_nobody_knows_is_refused(
    exchange_id: str, data: st.DataObject, name: str
) -> None:
    exchange = get_exchange(exchange_id)
    markets = exchange.card.markets()
    order = data.draw(samples.place_orders(exchange))
    try:
        request = encode_at(exchange.codec, order, markets, NOW_MS)
    except BadInput:
        assume(False)  # noqa: FBT003  hypothesis takes it so: there are no words for this order
    endpoint = exchange.endpoints.classify(request)
    exchange.codec.decode_request(ServerView(endpoint, request, markets, NOW_MS))
    changed = _with_word(request, name)
    with pytest.raises(BadInput) as caught:
        exchange.codec.decode_request(ServerView(endpoint, changed, markets, NOW_MS))
    assert caught.value.facts["field"] == name
