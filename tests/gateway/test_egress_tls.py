"""The egress under TLS, with an authority made for the test."""

from pathlib import Path

import pytest

from drawbridge.core.errors import ExchangeDown
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.venues import Address
from drawbridge.wire.http import WireRequest
from tests.gateway.scripted_server import OK, Visit, scripted_server
from tests.kit.certificates import authority_and_server

POST = WireRequest("POST", b"/order", headers=((b"x-key", b"k"),), body=b"symbol=BTCUSDT")
SOON_MS = 5_000
AT_ONCE_MS = 80


async def _answer_ok(visit: Visit) -> None:
    await visit.say(OK)


async def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    _, context = authority_and_server(tmp_path, "127.0.0.1")
    egress = Egress()
    async with scripted_server(_answer_ok, context) as server:
        with pytest.raises(ExchangeDown, match="certificate_refused"):
            await egress.send(server.address, POST, SOON_MS)
        assert not server.visits


async def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    authority, context = authority_and_server(tmp_path, "127.0.0.2")
    egress = Egress(trusted_pem=authority)
    async with scripted_server(_answer_ok, context) as server:
        with pytest.raises(ExchangeDown, match="certificate_refused"):
            await egress.send(server.address, POST, SOON_MS)
        assert not server.visits


async def test_plain_text_is_not_spoken_where_tls_is_expected() -> None:
    egress = Egress()
    async with scripted_server(_answer_ok) as server:
        address = Address("127.0.0.1", server.port, tls=True, on_this_machine=True)
        with pytest.raises(ExchangeDown):
            await egress.send(address, POST, AT_ONCE_MS * 5)
        assert not server.visits


async def test_requests_cross_under_tls_and_keep_their_connection(tmp_path: Path) -> None:
    authority, context = authority_and_server(tmp_path, "127.0.0.1")
    egress = Egress(trusted_pem=authority)
    async with scripted_server(_answer_ok, context) as server:
        for _ in range(3):
            answer = await egress.send(server.address, POST, SOON_MS)
            assert answer.status == 200
        assert server.connections == 1
    await egress.close()
