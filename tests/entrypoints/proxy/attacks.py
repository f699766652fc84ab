"""Attacks on the proxy, each a change to what an honest bot would send; the table of them.

An attack is given the ford, the attacker's own virtual key (it may trade), and that of somebody
else, and gives the bytes to send. `first`, where there is one, is sent before and is let in.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from drawbridge.core.operations import CancelAllOrders, GetBalances, Scope
from drawbridge.virtual_keys.service import Made
from drawbridge.wire.http import WireRequest
from drawbridge.wire.stamps import StampKind
from tests.gateway.setting import START_MS
from tests.kit.ford import Ford, written

Attack = Callable[[Ford, Made, Made], bytes]

# A nonce above all that the other attacks use.
_FIXED: Final = 500
BOTH: Final = ("binance", "kraken")
_ORDER_ENDS: Final = {"binance": (b"/api/v3/order", b"order"), "kraken": (b"AddOrder", b"AddOrder")}


@dataclass(frozen=True, slots=True)
class Try:
    """One attack; at which exchanges it makes sense, and what is sent before it."""

    name: str
    attack: Attack
    exchanges: tuple[str, ...] = BOTH
    first: Attack | None = None


def _good(at: Ford, own: Made) -> WireRequest:
    return at.signed(own, at.setting.order())


def _unsigned(at: Ford) -> WireRequest:
    return at.exchange.codec.encode_request(at.setting.order(), at.exchange.card.markets())


def _bytes(old: bytes, new: bytes) -> Attack:
    """Change the bytes of a good request, where they stand first."""

    def attack(at: Ford, own: Made, _other: Made) -> bytes:
        raw = written(_good(at, own))
        assert old in raw
        return raw.replace(old, new, 1)

    return attack


def _line(line: bytes) -> Attack:
    """Add a line to the head of a good request."""
    return _bytes(b"Host: 127.0.0.1\r\n", b"Host: 127.0.0.1\r\n" + line + b"\r\n")


def _path(change: Callable[[bytes], bytes]) -> Attack:
    """Sign an order for another path: the attacker has the virtual key's secret."""

    def attack(at: Ford, own: Made, _other: Made) -> bytes:
        request = _unsigned(at)
        return written(at.signed_as_it_is(own, replace(request, path=change(request.path))))

    return attack


def _endpoint(scope: Scope) -> Attack:
    """Sign a request for an endpoint that no setting can allow."""

    def attack(at: Ford, own: Made, _other: Made) -> bytes:
        rows = (it for it in at.exchange.endpoints.rows() if it.scope is scope and not it.pattern)
        row = next(it for it in rows if it.method in {"GET", "POST", "DELETE"})
        body = b"asset=BTC&key=x&amount=1" if row.method == "POST" else b""
        return written(at.signed_as_it_is(own, WireRequest(row.method, row.path, b"", (), body)))

    return attack


def _words(change: Callable[[bytes], bytes]) -> Attack:
    """Sign an order in other words, wherever the dialect carries them."""

    def attack(at: Ford, own: Made, _other: Made) -> bytes:
        request = _unsigned(at)
        changed = replace(request, query=change(request.query), body=change(request.body))
        assert changed != request
        return written(at.signed_as_it_is(own, changed))

    return attack


def _beside(query: bytes) -> Attack:
    """Sign an order with something in the query as well, beside its body."""

    def attack(at: Ford, own: Made, _other: Made) -> bytes:
        request = _unsigned(at)
        assert request.body
        return written(at.signed_as_it_is(own, replace(request, query=query)))

    return attack


def _afterwards(change: Callable[[bytes], bytes]) -> Attack:
    """Change the words of an order after it was signed."""

    def attack(at: Ford, own: Made, _other: Made) -> bytes:
        good = _good(at, own)
        changed = replace(good, query=change(good.query), body=change(good.body))
        assert changed != good
        return written(changed)

    return attack


def _headers(change: Callable[[bytes, bytes], bytes]) -> Attack:
    """Change the values of headers of a good request."""

    def attack(at: Ford, own: Made, _other: Made) -> bytes:
        good = _good(at, own)
        headers = tuple((name, change(name, value)) for name, value in good.headers)
        return written(replace(good, headers=headers))

    return attack


def _without(name: bytes) -> Attack:
    def attack(at: Ford, own: Made, _other: Made) -> bytes:
        good = _good(at, own)
        kept = tuple(pair for pair in good.headers if name not in pair[0])
        assert kept != good.headers
        return written(replace(good, headers=kept))

    return attack


def _stamped(by_ms: int) -> Attack:
    def attack(at: Ford, own: Made, _other: Made) -> bytes:
        return written(at.signed_as_it_is(own, _unsigned(at), by_ms))

    return attack


def _before_we_began(at: Ford, own: Made, _other: Made) -> bytes:
    by_ms = START_MS - at.setting.clock.now_ms() - 1_000
    return written(at.signed_as_it_is(own, _unsigned(at), by_ms))


def _stamp(text: str) -> Attack:
    def attack(at: Ford, own: Made, _other: Made) -> bytes:
        return written(at.signed_as_it_is(own, _unsigned(at), stamp=text))

    return attack


def _as_somebody_else(at: Ford, own: Made, other: Made) -> bytes:
    """Name somebody else's key and sign with the own secret."""
    good, name = _good(at, own), own.drawn.api_key.encode()
    named = tuple(
        (key, value.replace(name, other.drawn.api_key.encode())) for key, value in good.headers
    )
    return written(replace(good, headers=named))


def _as_the_real_key(at: Ford, own: Made, _other: Made) -> bytes:
    good, name = _good(at, own), own.drawn.api_key.encode()
    named = tuple(
        (key, value.replace(name, at.setting.stub.key.encode())) for key, value in good.headers
    )
    return written(replace(good, headers=named))


def _the_same(at: Ford, own: Made, _other: Made) -> bytes:
    """Send an order whose every byte is the same each time that it is asked for."""
    if at.exchange.card.stamp.kind is StampKind.NONCE:
        at.nonces = _FIXED
    return written(at.signed(own, at.setting.order("db-again")))


def _hidden(at: Ford, own: Made, _other: Made) -> bytes:
    """Hide an order in the body of another, which says that it is shorter than it is."""
    good, inner = written(_good(at, own)), written(at.signed(own, at.setting.order("db2")))
    head, end, body = good.partition(b"\r\n\r\n")
    return (
        head.replace(b"Content-Length: %d" % len(body), b"Content-Length: 1") + end + body + inner
    )


def _question(at: Ford, own: Made, _other: Made) -> bytes:
    request = WireRequest("GET", b"/api/v3/openOrders", b"symbol=" + _pair(at))
    return written(at.signed_as_it_is(own, request))


def _question_as_an_end(at: Ford, own: Made, other: Made) -> bytes:
    """Turn an overheard question into a cancellation: both are signed in the same words."""
    ends = _question(at, own, other).replace(b"GET ", b"DELETE ", 1)
    assert (
        at.exchange.codec.encode_request(
            CancelAllOrders(at.setting.symbol), at.exchange.card.markets()
        ).path
        in ends
    )
    return ends


def _pair(at: Ford) -> bytes:
    return at.setting.symbol.replace("/", "").encode()


def _in_a_get(at: Ford, own: Made, _other: Made) -> bytes:
    markets = at.exchange.card.markets()
    asked = at.exchange.codec.encode_request(GetBalances(), markets)
    hidden = replace(asked, method="GET", body=b"symbol=BTCUSDT&side=BUY")
    return written(at.signed_as_it_is(own, hidden))


def _name_alone(_at: Ford, own: Made, _other: Made) -> bytes:
    key = (b"x-mbx-apikey", own.drawn.api_key.encode())
    return written(WireRequest("POST", b"/api/v3/userDataStream", b"", (key,)))


def _last(path: bytes, change: Callable[[bytes], bytes]) -> bytes:
    head, slash, last = path.rpartition(b"/")
    return head + slash + change(last)


def _twice(name: bytes, more: bytes) -> Callable[[bytes], bytes]:
    return lambda raw: raw + b"&" + name + b"=" + more if raw else raw


_WIRE: Final = (
    Try("bare line feeds", lambda at, own, _: written(_good(at, own)).replace(b"\r\n", b"\n")),
    Try("one bare line feed", _bytes(b"127.0.0.1\r\n", b"127.0.0.1\n")),
    Try("a folded header", _bytes(b"127.0.0.1\r\n", b"127.0.0.1\r\n evil\r\n")),
    Try("a blank before a colon", _bytes(b"Host:", b"Host :")),
    Try("two hosts", _line(b"Host: evil.example")),
    Try("a host with a trailing dot", _bytes(b"Host: 127.0.0.1", b"Host: 127.0.0.1.")),
    Try("a host that holds a path", _bytes(b"Host: 127.0.0.1", b"Host: 127.0.0.1/admin")),
    Try("a host that holds a name and password", _bytes(b"Host: ", b"Host: a:b@")),
    Try("no host", _bytes(b"Host: 127.0.0.1\r\n", b"")),
    Try("an absolute address", _bytes(b"POST /", b"POST http://evil.example/")),
    Try("an address of another host", _bytes(b"POST /", b"POST //evil.example/")),
    Try("a tunnel", lambda *_: b"CONNECT evil.example:443 HTTP/1.1\r\nHost: h\r\n\r\n"),
    Try("the metadata of a cloud", lambda *_: b"GET http://169.254.169.254/ HTTP/1.1\r\n\r\n"),
    Try("both lengths", _line(b"Transfer-Encoding: chunked")),
    Try("two lengths", _line(b"Content-Length: 3")),
    Try("a length with a sign", _bytes(b"Content-Length: ", b"Content-Length: +")),
    Try("a length in another base", _bytes(b"Content-Length: ", b"Content-Length: 0x")),
    Try("a length of two", _bytes(b"Content-Length: ", b"Content-Length: 1, ")),
    Try("an endless body", _bytes(b"Content-Length: ", b"Content-Length: 999999")),
    Try("an order hidden behind a shorter one", _hidden),
    Try("an encoding of another name", _line(b"Transfer-Encoding: xchunked")),
    Try("a compressed body", _line(b"Content-Encoding: gzip")),
    Try("a trailer", _line(b"Trailer: x-evil")),
    Try("a header that stands twice", _line(b"X-Evil: 1\r\nx-evil: 2")),
    Try("a second key", _line(b"X-MBX-APIKEY: evil"), ("binance",)),
    Try("a zero byte in a header", _line(b"X-Evil: a\x00b")),
    Try("a control character in a header", _line(b"X-Evil: a\x0bb")),
    Try("too many headers", _line(b"\r\n".join(b"x-%d: y" % n for n in range(80)))),
    Try("a long head", _line(b"X-Evil: " + b"a" * 20_000)),
    Try("an old version", _bytes(b"HTTP/1.1", b"HTTP/0.9")),
    Try("a new version", _bytes(b"HTTP/1.1", b"HTTP/2.0")),
    Try("a method in small letters", _bytes(b"POST /", b"post /")),
    Try("a method that shows the head", _bytes(b"POST /", b"TRACE /")),
    Try("an upgrade", _line(b"Connection: upgrade\r\nUpgrade: h2c")),
    Try("an expectation", _line(b"Expect: 102-processing")),
    Try("a fragment", _bytes(b" HTTP/1.1", b"#x HTTP/1.1")),
    Try("a blank in the address", _bytes(b" HTTP/1.1", b" x HTTP/1.1")),
    Try("something else", lambda *_: b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"),
)
_PATHS: Final = (
    Try("a doubled slash before", _path(lambda path: b"/" + path)),
    Try("a doubled slash within", _path(lambda path: path.replace(b"/", b"//"))),
    Try("a dot segment", _path(lambda path: _last(path, lambda end: b"./" + end))),
    Try("a way up", _path(lambda path: _last(path, lambda end: b"x/../" + end))),
    Try("an encoded way up", _path(lambda path: _last(path, lambda end: b"x/%2e%2e/" + end))),
    Try("an encoded slash", _path(lambda path: _last(path, lambda end: b"x%2f..%2f" + end))),
    Try("an encoded letter", _path(lambda path: path[:-1] + b"%%%02x" % path[-1])),
    Try("another case", _path(bytes.upper)),
    Try("a slash at the end", _path(lambda path: path + b"/")),
    Try("a dot at the end", _path(lambda path: path + b".")),
    Try("a parameter of the path", _path(lambda path: path + b";a=b")),
    Try("an encoded zero byte", _path(lambda path: path + b"%00")),
    Try("a backslash", _path(lambda path: _last(path, lambda end: b"x\\..\\" + end))),
    Try("an endpoint that nobody knows", _path(lambda _: b"/api/v3/everything")),
    Try("no endpoint", _path(lambda _: b"/")),
    Try("a withdrawal", _endpoint(Scope.WITHDRAW)),
    Try("a transfer", _endpoint(Scope.TRANSFER)),
    Try("the making of keys", _endpoint(Scope.MANAGE_KEYS), ("binance",)),
    Try("where to deposit", _path(lambda _: b"/sapi/v1/capital/deposit/address"), ("binance",)),
    Try("where money lies", _path(lambda _: b"/0/private/DepositAddresses"), ("kraken",)),
    Try("a stream by the key's name alone", _name_alone, ("binance",)),
)
_SIGNATURES: Final = (
    Try("no signature", _without(b"sign"), ("kraken",)),
    Try("no signature in the body", lambda at, *_: written(_unsigned(at)), ("binance",)),
    Try("no key", _without(b"key")),
    Try("an empty key", _headers(lambda name, value: b"" if b"key" in name else value)),
    Try("an unknown key", _headers(lambda name, value: value[::-1] if b"key" in name else value)),
    Try("a key of two alphabets", _headers(lambda n, value: b"\xc3\xa9" if b"key" in n else value)),
    Try("somebody else's key", _as_somebody_else),
    Try("the real key's name", _as_the_real_key),
    Try("an empty signature", _headers(lambda n, it: b"" if b"sign" in n else it), ("kraken",)),
    Try("a cut signature", _headers(lambda n, it: it[:-4] if b"sign" in n else it), ("kraken",)),
    Try("a changed amount", _afterwards(lambda raw: raw.replace(b"=1&", b"=9&"))),
    Try("an added parameter", _afterwards(_twice(b"x", b"1"))),
    Try("a parameter before", _afterwards(lambda raw: b"x=1&" + raw if raw else raw)),
    Try("a blank at the end", _afterwards(lambda raw: raw + b"%20" if raw else raw)),
    Try(
        "the same in other letters",
        _afterwards(lambda raw: raw.replace(b"BT", b"%42T").replace(b"XB", b"%58B")),
    ),
    Try("an old stamp", _stamped(-120_000), ("binance",)),
    Try("a stamp of before we began", _before_we_began),
    Try("a stamp from the future", _stamped(120_000)),
    Try("a stamp of next year", _stamped(365 * 86_400_000)),
    Try("a stamp that is no number", _stamp("now")),
    Try("a stamp below zero", _stamp("-1")),
    Try("an endless stamp", _stamp("9" * 30)),
    Try("an order once more", _the_same, first=_the_same),
    Try("a question as a cancellation", _question_as_an_end, ("binance",), first=_question),
)
_WORDS: Final = (
    Try("an amount twice", _words(_twice(b"quantity", b"100")), ("binance",)),
    Try("a volume twice", _words(_twice(b"volume", b"100")), ("kraken",)),
    Try("an amount twice, encoded", _words(_twice(b"%71uantity", b"100")), ("binance",)),
    Try("a volume twice, encoded", _words(_twice(b"%76olume", b"100")), ("kraken",)),
    Try("a nonce twice", _afterwards(_twice(b"nonce", b"9")), ("kraken",)),
    Try("too many parameters", _words(lambda raw: raw + b"&x=1" * 400 if raw else raw)),
    Try("an endless number", _words(lambda raw: raw.replace(b"=1&", b"=1" + b"0" * 5_000 + b"&"))),
    Try("a number of another kind", _words(lambda raw: raw.replace(b"=1&", b"=NaN&"))),
    Try("a negative amount", _words(lambda raw: raw.replace(b"=1&", b"=-1&"))),
    Try("an iceberg", _words(_twice(b"icebergQty", b"1")), ("binance",)),
    Try("a word of some other version", _words(_twice(b"sideEffectType", b"MARGIN_BUY"))),
    Try("a word beside the body", _beside(b"leverage=5")),
    Try("an amount beside the body", _beside(b"quantity=100"), ("binance",)),
    Try("a window of a day", _words(_twice(b"recvWindow", b"86400000")), ("binance",)),
    Try("a line end in an id", _words(lambda raw: raw.replace(b"db1", b"db1%0d%0aX-Evil:1"))),
    Try("another kind of body", _line(b"Content-Type: multipart/form-data"), ("binance",)),
    Try("an order in a question", _in_a_get, ("binance",)),
)

TRIES: Final = {"wire": _WIRE, "paths": _PATHS, "signatures": _SIGNATURES, "words": _WORDS}
