"""Who cannot get into a server is told which setting to mend, and not that it is away just now."""

import asyncio
import contextlib
import ssl
from pathlib import Path

import psycopg
import pytest

from drawbridge.core.errors import Conflict, DrawbridgeError
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.refusals import check_release, find_refusal
from drawbridge.storage.schema import bring_up_to_date
from drawbridge.wording.say import say_error
from tests.kit.certificates import authority_and_server
from tests.kit.postgres import ROLE, PrivateServer

_ASK_FOR_TLS_BYTES = 8


def _refusal(url: str) -> DrawbridgeError:
    with pytest.raises(DrawbridgeError) as refused:
        bring_up_to_date(PostgresPlace(url), "app")
    assert "DRAWBRIDGE_DATABASE" in say_error(refused.value)
    return refused.value


def test_a_role_or_a_database_that_is_not_there_is_named(postgres_url: str) -> None:
    role = _refusal(postgres_url.replace("drawbridge@", "nobody-here@"))
    assert role.code == "database_role_refused"
    assert role.exit_code == 3
    name = postgres_url.partition("@/")[2].partition("?")[0]
    database = _refusal(postgres_url.replace(f"@/{name}", "@/not-here"))
    assert database.code == "database_unknown"


def test_who_would_find_every_table_empty_is_not_let_work(
    postgres_url: str, postgres_server: PrivateServer
) -> None:
    postgres_server.tell('CREATE ROLE "a reader" LOGIN')
    with psycopg.connect(postgres_url) as connection:
        connection.execute('GRANT ALL ON ALL TABLES IN SCHEMA public TO "a reader"')
    reader = postgres_url.replace(f"{ROLE}@", "a%20reader@")
    refused = _refusal(reader)
    assert refused.code == "database_role_fenced_out"
    assert f'GRANT {ROLE} TO "a reader"' in say_error(refused)
    postgres_server.tell(f'GRANT {ROLE} TO "a reader"')
    bring_up_to_date(PostgresPlace(reader), "app")


def test_where_nobody_listens_the_address_is_named(tmp_path: Path) -> None:
    assert _refusal(f"postgresql://ada@/x?host={tmp_path}").code == "database_unreachable"
    assert _refusal("postgresql://ada@127.0.0.1:1/x").code == "database_unreachable"


async def _refused_by(url: str, tls: ssl.SSLContext | None, answer: bytes) -> str:
    """Ask a server that begins to speak TLS, or says that it does not."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(_ASK_FOR_TLS_BYTES)
        writer.write(answer)
        if tls is not None:
            with contextlib.suppress(OSError):
                await writer.start_tls(tls)
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        place = PostgresPlace(url.format(port))
        return (await asyncio.to_thread(find_refusal, place)).code


async def test_a_server_that_is_not_the_one_that_was_named_is_not_believed(tmp_path: Path) -> None:
    pem, tls = authority_and_server(tmp_path, "127.0.0.2")
    authority = tmp_path / "authority.pem"
    authority.write_text(pem, encoding="ascii")
    url = f"postgresql://ada@127.0.0.1:{{}}/x?sslmode=verify-full&sslrootcert={authority}"
    assert await _refused_by(url, tls, b"S") == "database_not_proven"
    assert await _refused_by(url, None, b"N") == "database_not_proven"


@pytest.mark.parametrize("number", [90_624, 130_014])
def test_a_server_that_is_too_old_is_told_so(number: int) -> None:
    with pytest.raises(Conflict, match="database_too_old") as refused:
        check_release(number)
    assert "14 or newer" in say_error(refused.value)
    check_release(140_000)
