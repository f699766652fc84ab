"""Attacks over sockets, as a table: each is refused, and nothing of it reaches the exchange.

An attack takes two virtual keys of two accounts, and gives what the one who attacks was told. It
may not have been told `YES`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from websockets.exceptions import ConnectionClosed, InvalidStatus

from drawbridge.core.operations import GetStreamToken
from drawbridge.gateway.policy import Purpose
from drawbridge.vault.model import Venue
from drawbridge.virtual_keys.service import Made
from tests.gateway.setting import OWNER
from tests.kit.ford import READS
from tests.kit.socket_ford import Bot, SocketFord
from tests.kit.stream_house import PAPER

API: Final = "/ws-api/v3"
AUTH: Final = "/ws-auth/v2"
LISTEN: Final = "userDataStream.subscribe.signature"

Told = dict[str, Any]
Attack = Callable[[SocketFord, Made, Made], Awaitable[Told]]


@dataclass(frozen=True)
class Try:
    """One attack, at one exchange; `code` is what the log says of it."""

    name: str
    exchange: str
    attack: Attack
    code: str


def was_told_yes(told: Told) -> bool:
    """Tell whether an answer says yes, in the words of either exchange."""
    return told.get("status") == 200 or told.get("success") is True


def signed(at: SocketFord, made: Made, **params: object) -> dict[str, Any]:
    """Sign parameters of a request over a socket, as a client does; time runs fast here."""
    about = {"recvWindow": 60_000, "timestamp": int(at.stamp())}
    told = {"apiKey": made.drawn.api_key, **about, **params}
    return {**told, "signature": signature(at, made, told)}


def signature(at: SocketFord, made: Made, told: dict[str, Any]) -> str:
    payload = "&".join(f"{name}={value}" for name, value in sorted(told.items()))
    return at.credential(made).signer.sign(payload.encode()).decode()


def order(price: str = "20000", **changed: str) -> dict[str, str]:
    """Write an order that rests."""
    told = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    return {**told, "quantity": "0.01", "price": price, **changed}


async def _ask(at: SocketFord, method: str, params: dict[str, Any]) -> Told:
    async with at.bot(API) as bot:
        return await bot.ask(id=1, method=method, params=params)


async def _subscribe(at: SocketFord, token: object, channel: str = "executions") -> Told:
    async with at.bot(AUTH) as bot:
        params = {"channel": channel, "token": token}
        return await bot.ask(req_id=1, method="subscribe", params=params)


# --------------------------------------------------------------------------------------- log-ins
async def _forged(at: SocketFord, own: Made, other: Made) -> Told:
    told = signed(at, own)
    return await _ask(at, LISTEN, {**told, "apiKey": other.drawn.api_key})


async def _flipped(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    told = signed(at, own)
    last = "0" if told["signature"][-1] != "0" else "1"
    return await _ask(at, LISTEN, {**told, "signature": told["signature"][:-1] + last})


async def _replayed(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    told = signed(at, own)
    assert was_told_yes(await _ask(at, LISTEN, told))
    return await _ask(at, LISTEN, told)


async def _stale(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    return await _ask(at, LISTEN, signed(at, own, timestamp=int(at.stamp(-3_600_000))))


async def _ahead(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    return await _ask(at, LISTEN, signed(at, own, timestamp=int(at.stamp(3_600_000))))


async def _real_name(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    told = {"apiKey": at.house.keys[at.key_id], "timestamp": int(at.stamp())}
    return await _ask(at, LISTEN, {**told, "signature": signature(at, own, told)})


async def _revoked(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    await at.virtual_keys.revoke(OWNER, own.virtual.id)
    return await _ask(at, LISTEN, signed(at, own))


async def _locked(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    at.house.ring.is_locked = True
    return await _ask(at, LISTEN, signed(at, own))


async def _second_key(at: SocketFord, own: Made, other: Made) -> Told:
    async with at.bot(API) as bot:
        first = await bot.ask(id=1, method=LISTEN, params=signed(at, own))
        assert was_told_yes(first)
        return await bot.ask(id=2, method=LISTEN, params=signed(at, other))


# ---------------------------------------------------------------------------------------- orders
async def _no_proof(at: SocketFord, own: Made, other: Made) -> Told:
    del own, other
    return await _ask(at, "order.place", order())


async def _listener_orders(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    async with at.bot(API) as bot:
        await bot.ask(id=1, method=LISTEN, params=signed(at, own))
        return await bot.ask(id=2, method="order.place", params=order())


async def _replayed_order(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    told = signed(at, own, symbol="BTCUSDT", orderId=1)
    # Asked as a question first: the same signature would cancel as well.
    await _ask(at, "order.status", told)
    return await _ask(at, "order.cancel", told)


async def _changed_order(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    return await _ask(at, "order.place", {**signed(at, own, **order()), "quantity": "9"})


async def _reader_orders(at: SocketFord, own: Made, other: Made) -> Told:
    del own, other
    reader = await at.virtual_key(READS)
    return await _ask(at, "order.place", signed(at, reader, **order()))


async def _unread_word(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    return await _ask(at, "order.place", signed(at, own, **order(sideEffectType="MARGIN_BUY")))


async def _unknown_method(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    return await _ask(at, "sor.order.place", signed(at, own, **order()))


async def _not_carried(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    return await _ask(at, "order.cancelReplace", signed(at, own, **order()))


# ---------------------------------------------------------------------------------------- tokens
async def _made_up_token(at: SocketFord, own: Made, other: Made) -> Told:
    del own, other
    return await _subscribe(at, "A" * 64)


async def _token_of_the_exchange(at: SocketFord, own: Made, other: Made) -> Told:
    """Whoever got hold of a token of the real key gets nothing for it here."""
    del own, other
    drawn = await at.house.gateway.call(at.key_id, GetStreamToken(), purpose=Purpose.LISTEN)
    return await _subscribe(at, drawn.token)


async def _token_of_a_revoked_key(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    token = await at.token(own)
    await at.virtual_keys.revoke(OWNER, own.virtual.id)
    return await _subscribe(at, token)


async def _old_token(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    token = at.bridge.tokens.carry_out(own.virtual, GetStreamToken(lasts_ms=1), 0)
    return await _subscribe(at, token.token)


async def _token_of_elsewhere(at: SocketFord, own: Made, other: Made) -> Told:
    """Show one that is bound to another venue."""
    del other
    assert own.virtual.venue == PAPER
    live = replace(own.virtual, venue=Venue.LIVE)
    now_ms = at.house.clock.now_ms()
    return await _subscribe(at, at.bridge.tokens.carry_out(live, GetStreamToken(), now_ms).token)


async def _token_of_another_on_one_socket(at: SocketFord, own: Made, other: Made) -> Told:
    mine, theirs = await at.token(own), await at.token(other)
    async with at.bot(AUTH) as bot:
        params = {"channel": "balances", "token": mine}
        assert was_told_yes(await bot.ask(req_id=1, method="subscribe", params=params))
        params = {"channel": "executions", "token": theirs}
        return await bot.ask(req_id=2, method="subscribe", params=params)


async def _no_token(at: SocketFord, own: Made, other: Made) -> Told:
    del own, other
    return await _subscribe(at, None)


async def _reader_orders_by_token(at: SocketFord, own: Made, other: Made) -> Told:
    del own, other
    token = await at.token(await at.virtual_key(READS))
    params = {"order_type": "limit", "side": "buy", "order_qty": 1, "symbol": "BTC/USD"}
    async with at.bot(AUTH) as bot:
        params |= {"limit_price": 20_000, "token": token}
        return await bot.ask(req_id=1, method="add_order", params=params)


async def _account_on_the_public_path(at: SocketFord, own: Made, other: Made) -> Told:
    del other
    async with at.bot("/v2") as bot:
        params = {"channel": "executions", "token": await at.token(own)}
        return await bot.ask(req_id=1, method="subscribe", params=params)


# ----------------------------------------------------------------------------------------- paths
def _opens(path: str) -> Attack:
    async def attack(at: SocketFord, own: Made, other: Made) -> Told:
        del own, other
        try:
            async with at.bot(path) as bot:
                return await _first(bot)
        except InvalidStatus as refused:
            return {"status": refused.response.status_code}

    return attack


async def _first(bot: Bot) -> Told:
    try:
        return await bot.hear()
    except ConnectionClosed:
        return {}


TRIES: Final = (
    Try("a key's name with another's signature", "binance", _forged, "bad_signature"),
    Try("a flipped signature", "binance", _flipped, "bad_signature"),
    Try("a log-in that was overheard", "binance", _replayed, "used_nonce"),
    Try("a log-in of an hour ago", "binance", _stale, "stale_stamp"),
    Try("a log-in of the future", "binance", _ahead, "stamp_ahead"),
    Try("the real key's name", "binance", _real_name, "bad_key"),
    Try("a revoked key", "binance", _revoked, "virtual_revoked"),
    Try("while the vault is locked", "binance", _locked, "vault_locked"),
    Try("a second key on one socket", "binance", _second_key, "bad_key"),
    Try("an order of nobody", "binance", _no_proof, ""),
    Try("an order of who only listens", "binance", _listener_orders, ""),
    Try("a question's signature for a cancellation", "binance", _replayed_order, "used_nonce"),
    Try("an order changed after it was signed", "binance", _changed_order, "bad_signature"),
    Try("an order of who may read", "binance", _reader_orders, "virtual_right_missing"),
    Try("a word that nobody reads", "binance", _unread_word, ""),
    Try("a request that nobody knows", "binance", _unknown_method, ""),
    Try("a request that is not carried out", "binance", _not_carried, ""),
    Try("a token that nobody drew", "kraken", _made_up_token, "bad_key"),
    Try("a token of the exchange itself", "kraken", _token_of_the_exchange, "bad_key"),
    Try("a token of a revoked key", "kraken", _token_of_a_revoked_key, "virtual_revoked"),
    Try("a token that has ended", "kraken", _old_token, "bad_key"),
    Try("a token of another venue", "kraken", _token_of_elsewhere, "bad_key"),
    Try("another's token on one socket", "kraken", _token_of_another_on_one_socket, "bad_key"),
    Try("no token", "kraken", _no_token, ""),
    Try("an order by who may read", "kraken", _reader_orders_by_token, "virtual_right_missing"),
    Try("an account on the path for all", "kraken", _account_on_the_public_path, ""),
    Try("a path of no stream", "binance", _opens("/etc/passwd"), "unknown_endpoint"),
    Try("a path with dots", "binance", _opens("/ws/../ws-api/v3"), "unknown_endpoint"),
    Try("an encoded path", "binance", _opens("/%77s"), "unknown_endpoint"),
    Try("a path of REST", "kraken", _opens("/0/public/Time"), "unknown_endpoint"),
)
