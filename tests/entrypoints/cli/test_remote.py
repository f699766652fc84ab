"""Remotes: named, used and forgotten; and everything that goes wrong on the way to one."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from drawbridge.accounts.api_tokens import TokenScope
from tests.kit.certificates import authority_and_server
from tests.kit.processes import free_port
from tests.kit.program_life import Life
from tests.kit.remote_line import RemoteLine, life, line

__all__ = ["life", "line"]


def _remotes(line: RemoteLine) -> Path:
    return line.folder / "settings" / "drawbridge" / "remotes.json"


@asynccontextmanager
async def _site(
    answer: bytes, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answer every request in this way, and give the address and what was asked."""
    asked: list[bytes] = []

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(answering, "127.0.0.1", 0, ssl=tls)
    async with server:
        scheme = "https" if tls else "http"
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


def _at(line: RemoteLine, address: str) -> RemoteLine:
    return RemoteLine(line.folder, address, line.surroundings, line.captured)


@pytest.mark.parametrize(
    ("address", "exit_code", "code"),
    [
        ("http://bridge.example.com", 2, "bad_remote_address"),
        ("https://ada:pass@bridge.example.com", 2, "bad_remote_address"),
        ("https://bridge.example.com/api", 2, "bad_remote_address"),
        ("ftp://bridge.example.com", 2, "bad_remote_address"),
        ("office", 5, "unknown_remote"),
    ],
)
async def test_an_address_that_is_none_is_refused(
    line: RemoteLine, address: str, exit_code: int, code: str
) -> None:
    assert await _at(line, address).refused("key", "list") == (exit_code, code)


async def test_without_a_token_nothing_is_asked(line: RemoteLine) -> None:
    line.surroundings.unset("DRAWBRIDGE_TOKEN_FILE")
    assert await line.refused("key", "list") == (3, "remote_token_not_named")
    line.surroundings.set("DRAWBRIDGE_TOKEN_FILE", str(line.folder / "gone"))
    assert await line.refused("key", "list") == (3, "remote_token_unreadable")
    line.take("")
    assert await line.refused("key", "list") == (2, "remote_token_none")
    line.take("two words")
    assert await line.refused("key", "list") == (2, "remote_token_none")


async def test_a_token_that_others_can_read_is_not_used(line: RemoteLine) -> None:
    line.token_file.chmod(0o640)
    assert await line.refused("key", "list") == (4, "remote_token_exposed")


async def test_a_wrong_and_a_revoked_token_are_refused(line: RemoteLine, life: Life) -> None:
    token = line.token_file.read_text().strip()
    line.take("dbr_wrong")
    assert await line.refused("key", "list") == (3, "token_wrong")
    line.take(token)
    tokens = life.site.house.tokens
    await tokens.revoke(life.owner, (await tokens.list_tokens(life.owner))[0].id)
    assert await line.refused("key", "list") == (3, "token_wrong")


async def test_a_token_without_the_right_looks_and_does_nothing(
    line: RemoteLine, life: Life
) -> None:
    looker = await life.site.program(life.owner, TokenScope.READ, name="Looker")
    line.take(looker.token)
    assert len(await line.told("key", "list")) == 1
    for command in (("key", "disable", "Main"), ("robot", "start", "Ace"), ("stop",)):
        assert await line.refused(*command) == (4, "token_lacks_scope")


async def test_where_nobody_listens_nothing_happened(line: RemoteLine) -> None:
    nobody = _at(line, f"http://127.0.0.1:{free_port()}")
    assert await nobody.refused("key", "list") == (7, "remote_nobody_listens")
    assert await nobody.refused("robot", "start", "Ace") == (7, "remote_nobody_listens")


async def test_who_cannot_prove_to_be_it_is_sent_nothing(line: RemoteLine, tmp_path: Path) -> None:
    authority, tls = authority_and_server(tmp_path, "127.0.0.1")
    async with _site(b"", tls) as (address, asked):
        assert await _at(line, address).refused("key", "list") == (3, "remote_certificate")
        assert asked == []
        known = tmp_path / "authority.pem"
        known.write_text(authority)
        line.surroundings.set("SSL_CERT_FILE", str(known))
        assert await _at(line, address).refused("key", "list") == (7, "remote_unreachable")
        assert len(asked) == 1


async def test_no_redirect_is_followed_with_a_token(line: RemoteLine) -> None:
    async with _site(b"") as (elsewhere, asked_there):
        redirect = f"HTTP/1.1 307 Go\r\nLocation: {elsewhere}/\r\nContent-Length: 0\r\n\r\n"
        async with _site(redirect.encode()) as (address, _):
            found = await _at(line, address).refused("key", "list")
        assert (found, asked_there) == ((5, "remote_no_drawbridge"), [])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("hello", "remote_no_drawbridge"),
        ("[]", "remote_not_understood"),
        ('{"items": [{"id": 7}], "next": null}', "remote_not_understood"),
        ('{"items": "none", "next": null}', "remote_not_understood"),
    ],
)
async def test_what_is_no_answer_of_a_drawbridge_is_not_believed(
    line: RemoteLine, body: str, code: str
) -> None:
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    async with _site(answer.encode()) as (address, _):
        assert (await _at(line, address).refused("key", "list"))[1] == code


async def test_an_act_whose_answer_is_lost_is_sent_again_as_the_same(line: RemoteLine) -> None:
    async with _site(b"") as (address, asked):
        found = await _at(line, address).refused("resume")
    assert found == (8, "remote_outcome_unknown")
    keys = {it.partition(b"Idempotency-Key: ")[2].split(b"\r\n")[0] for it in asked}
    assert (len(asked), len(keys), keys != {b""}) == (3, 1, True)


async def test_a_remote_is_named_used_and_forgotten(line: RemoteLine, life: Life) -> None:
    token = line.token_file.read_text()
    line.surroundings.unset("DRAWBRIDGE_TOKEN_FILE")
    code, out, _ = await line.run("remote", "add", "office", f"{line.address}/", typed=token)
    assert (code, "Ada" in out) == (0, True)
    kept = line.folder / "settings" / "drawbridge" / "tokens" / "office"
    assert [it.stat().st_mode & 0o777 for it in (kept, _remotes(line))] == [0o600, 0o600]
    assert "dbr_" not in _remotes(line).read_text()

    code, out, _ = await line.run("--at", "office", "key", "list", "--json")
    assert json.loads(out)[0]["id"] == life.key
    assert (await line.run("remote", "use", "office"))[0] == 0
    assert (await line.run("key", "list"))[1].count("Main") == 1
    line.surroundings.set("DRAWBRIDGE_AT", "here")
    assert (await line.run("--at", "office", "key", "list"))[1].count("Main") == 1

    assert (await line.run("remote", "remove", "office"))[0] == 0
    assert (kept.exists(), (await line.run("remote", "list", "--json"))[1]) == (False, "[]\n")


async def test_a_remote_may_have_its_token_where_its_person_keeps_it(line: RemoteLine) -> None:
    file = str(line.token_file)
    code, out, _ = await line.run(
        "remote", "add", "office", line.address, "--token-file", file, "--json"
    )
    told = json.loads(out)
    assert (code, told["person"], told["token_file"]) == (0, "Ada", file)
    line.surroundings.unset("DRAWBRIDGE_TOKEN_FILE")
    assert len(json.loads((await line.run("--at", line.address, "key", "list", "--json"))[1])) == 1
    assert (await line.run("remote", "remove", "office"))[0] == 0
    assert line.token_file.exists()


@pytest.mark.parametrize("name", ["", "here", "a b", "-x", "x" * 33, "../x"])
async def test_a_name_that_is_none_is_refused(line: RemoteLine, name: str) -> None:
    code, _, err = await line.run("remote", "add", "--json", "--", name, line.address)
    assert (code, json.loads(err)["code"]) == (2, "bad_remote_name")


async def test_a_token_that_is_not_good_there_is_not_kept(line: RemoteLine) -> None:
    code, _, _ = await line.run("remote", "add", "office", line.address, typed="dbr_wrong\n")
    assert code == 3
    assert not _remotes(line).exists()
    assert not list(line.folder.glob("settings/drawbridge/tokens/*"))


async def test_remotes_that_are_not_there_or_twice_are_told(line: RemoteLine) -> None:
    add = ("remote", "add", "office", line.address, "--token-file", str(line.token_file))
    assert (await line.run(*add))[0] == 0
    assert (await line.run(*add))[0] == 5
    for command in (("remote", "use", "home"), ("remote", "remove", "home")):
        assert (await line.run(*command))[0] == 5
    _remotes(line).write_text("not json")
    assert (await line.run("key", "list"))[0] == 9
