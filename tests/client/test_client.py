"""The typed client against the served API: what it sends, what it gives, what it raises."""

import asyncio
import inspect
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from drawbridge.accounts.api_tokens import TokenScope
from drawbridge.client import Calling, Client, Refused, Unreachable, every
from drawbridge.client.robots import RobotWish
from drawbridge.entrypoints.api.app import build_operations, schema_of
from tests.kit.program import open_api_site
from tests.kit.program_life import Life, begin_life
from tests.kit.served import served

T = TypeVar("T")


@pytest_asyncio.fixture
async def life(tmp_path: Path) -> AsyncIterator[Life]:
    async with open_api_site(tmp_path) as site:
        yield await begin_life(site)


@pytest_asyncio.fixture
async def address(life: Life) -> AsyncIterator[str]:
    async with served(life.site.app) as address:
        yield address


@pytest.fixture
def client(life: Life, address: str) -> Client:
    return Client(Calling(address, life.program.token))


async def _in_thread(call: Callable[[], T]) -> T:
    """Call as a program does, while the site in this loop answers."""
    return await asyncio.to_thread(call)


@pytest.mark.parametrize("address", ["bridge.example.com", "ftp://bridge.example.com", "http://"])
def test_an_address_that_is_none_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValueError, match="begins with https"):
        Calling(address, "dbr_x")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://bridge.example.com", "begins with https"),
        ("http://10.0.0.7:8420", "begins with https"),
        ("https://bridge.example.com/api/v1", "ends behind"),
        ("https://ada:dbr_x@bridge.example.com", "ends behind"),
        ("https://bridge.example.com?token=dbr_x", "ends behind"),
        ("https://bridge.example.com:port", "Port"),
    ],
)
def test_an_address_where_a_token_could_be_read_is_refused(address: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Calling(address, "dbr_x")


@pytest.mark.parametrize("token", ["", "dbr_x\nHost: elsewhere", "dbr_x dbr_y", "x" * 600])
def test_a_token_that_is_none_is_refused_and_not_told(token: str) -> None:
    with pytest.raises(ValueError, match="one line") as caught:
        Calling("http://127.0.0.1", token)
    assert "dbr_" not in str(caught.value)


def test_where_nobody_listens_nothing_happened() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match="ConnectionRefusedError") as caught:
        Client(Calling(f"http://127.0.0.1:{port}", "dbr_x")).me.get_me()
    assert not caught.value.was_sent


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}",
        "hello",
        "",
    ],
)
async def test_nobody_is_followed_and_no_other_site_believed(answer: str) -> None:
    asked = []

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer.encode())
        writer.close()

    server = await asyncio.start_server(answering, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        client = Client(Calling(f"http://127.0.0.1:{port}", "dbr_x"))
        with pytest.raises(Unreachable) as caught:
            await _in_thread(client.me.get_me)
    assert caught.value.was_sent
    assert len(asked) == 1


def test_a_token_is_in_no_repr() -> None:
    assert "dbr_x" not in repr(Calling("http://127.0.0.1", "dbr_x"))


async def test_a_refusal_is_raised_with_its_code_and_field(client: Client, life: Life) -> None:
    with pytest.raises(Refused, match="unknown_key") as caught:
        await _in_thread(lambda: client.keys.get_key("key none?limit=1"))
    assert (caught.value.status, caught.value.field) == (404, None)
    with pytest.raises(Refused, match="request_field_wrong") as caught:
        await _in_thread(lambda: client.orders.list_orders(limit=0))
    assert caught.value.field == "limit"
    for _ in range(6):
        with pytest.raises(Refused) as caught:
            await _in_thread(lambda: client.keys.delete_key(life.key, {"code": "000000"}))
    assert (caught.value.code, caught.value.status) == ("too_many_attempts", 429)
    assert caught.value.retry_after_s > 0


async def test_a_sentence_comes_in_the_language_of_the_client(address: str, life: Life) -> None:
    client = Client(Calling(address, life.program.token, language="de, ru"))
    with pytest.raises(Refused) as caught:
        await _in_thread(lambda: client.keys.get_key("key_none"))
    assert not caught.value.title.isascii()


async def test_a_robot_is_made_once_started_and_stopped(client: Client, life: Life) -> None:
    wish: RobotWish = {
        "key": life.key,
        "symbol": "BTC/USD",
        "amount": "50",
        "settings": {"fast": 3},
    }
    make = client.robots.create_robot
    first = await _in_thread(lambda: make(wish, idempotency_key="one"))
    again = await _in_thread(lambda: make(wish, idempotency_key="one"))
    assert first == again
    assert (await _in_thread(lambda: client.robots.start_robot(first["id"])))["status"] == (
        "starting"
    )
    stopped = await _in_thread(lambda: client.robots.stop_robot(first["id"], {"on_stop": "keep"}))
    assert (stopped["status"], stopped["on_stop"]) == ("stopping", "keep")
    assert len((await _in_thread(client.robots.list_robots))["items"]) == 2


async def test_what_answers_nothing_gives_nothing(client: Client, life: Life) -> None:
    await _in_thread(lambda: client.trials.delete_trial(life.trial))
    assert (await _in_thread(client.trials.list_trials))["items"] == []


async def test_all_pages_of_a_list_are_given(client: Client, life: Life) -> None:
    found = await _in_thread(
        lambda: [it["client_id"] for it in every(client.orders.list_orders, limit=2, key=life.key)]
    )
    assert len(set(found)) == 7
    trades = await _in_thread(
        lambda: list(every(client.robot_reports.list_robot_trades, life.robot, limit=1))
    )
    assert [it["side"] for it in trades] == ["sell", "buy"]


async def test_a_token_without_the_right_is_refused(address: str, life: Life) -> None:
    looker = await life.site.program(life.owner, TokenScope.READ, name="Looker")
    client = Client(Calling(address, looker.token))
    assert (await _in_thread(client.me.get_me))["token"]["scopes"] == ["read"]
    with pytest.raises(Refused, match="token_lacks_scope"):
        await _in_thread(client.limits.stop)


def test_every_operation_of_the_schema_has_its_method() -> None:
    client = Client(Calling("http://127.0.0.1", "dbr_x"))
    known = {
        name
        for group in vars(client).values()
        for name, _ in inspect.getmembers(group, inspect.ismethod)
    }
    paths = schema_of(build_operations())["paths"].values()
    wanted = {it["operationId"] for operations in paths for it in operations.values()}
    assert wanted <= known
