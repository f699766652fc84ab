"""What a front and a worker know each other by: a key file here, certificates beyond."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from drawbridge.app.cluster_settings import ClusterSettings
from drawbridge.app.front_process import OneWorker, Way
from drawbridge.app.listening import listen, port_of
from drawbridge.app.relay_trust import (
    dialling_context,
    read_relay_key,
    serving_context,
    worker_address,
)
from drawbridge.app.settings import Settings
from drawbridge.core.errors import BadInput, DrawbridgeError, Forbidden
from drawbridge.entrypoints.edge.lines import Lines, NotReached
from drawbridge.entrypoints.edge.messages import Relayed
from drawbridge.entrypoints.edge.places import Below, Elsewhere
from drawbridge.entrypoints.edge.taking import Taking, Talking, WaysIn
from drawbridge.wire.http import WireAnswer, WireRequest
from tests.kit.certificates import Member, cluster_of

HERE = "127.0.0.1"
HELLO = Relayed(b"/one", b"", over_tls=False, address="192.0.2.1", request=WireRequest("GET", b"/"))


class Door:
    """Says yes to everything."""

    async def answer_relayed(
        self, request: WireRequest, address: str, below: Below
    ) -> WireAnswer | Elsewhere:
        del request, address, below
        return WireAnswer(200)

    async def open_relayed(self, request: WireRequest, address: str) -> Talking | WireAnswer:
        del request, address
        return WireAnswer(404)

    def hear_refused(self, code: str, address: str) -> None:
        del code, address


def _settings(folder: Path, member: Member, name: str = "") -> Settings:
    cluster = ClusterSettings(
        certificate=member.certificate, key=member.key, authority=member.authority, name=name
    )
    return Settings(folder, cluster=cluster)


@asynccontextmanager
async def worker(settings: Settings) -> AsyncIterator[str]:
    """Serve as a worker of these settings does; give its address."""
    listener = listen(HERE, 0)
    where = f"{HERE}:{port_of(listener)}"
    ways_in = WaysIn({b"/one": Door()}, lambda _code, _address: None)
    taking = Taking(ways_in, read_relay_key(settings), os.urandom, where)
    await taking.start(listener, serving_context(settings))
    try:
        yield where
    finally:
        await taking.stop(1)


async def asked(settings: Settings, where: str) -> int:
    """Ask a worker as a front of these settings does."""
    lines = Lines(Way(settings).dial, read_relay_key(settings), os.urandom)
    try:
        told = await lines.ask(where, HELLO, asyncio.get_running_loop().time() + 5)
    finally:
        await lines.close()
    assert isinstance(told, WireAnswer)
    return told.status


@pytest.mark.parametrize("where", ["10.0.0.7:8920", "[2001:db8::7]:8920"])
def test_beyond_this_machine_nothing_is_spoken_without_certificates(where: str) -> None:
    with pytest.raises(BadInput) as refused:
        worker_address(where, has_tls=False)
    assert refused.value.code == "worker_needs_tls"
    assert worker_address(where, has_tls=True).tls


@pytest.mark.parametrize("where", ["", "here", "worker:8920", "127.0.0.1", "127.0.0.1:x"])
def test_what_is_no_address_is_refused(where: str) -> None:
    with pytest.raises(BadInput):
        worker_address(where, has_tls=True)


def test_a_key_file_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    read_relay_key(settings)
    (tmp_path / "relay.key").chmod(0o644)
    with pytest.raises(Forbidden):
        read_relay_key(settings)


def test_a_key_file_of_another_length_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "relay.key").write_bytes(b"short")
    (tmp_path / "relay.key").chmod(0o600)
    with pytest.raises(DrawbridgeError, match="key_file_damaged"):
        read_relay_key(Settings(tmp_path))


def test_certificates_that_cannot_be_read_stop_the_start(tmp_path: Path) -> None:
    member = cluster_of(tmp_path, HERE)
    settings = _settings(tmp_path, member)
    member.certificate.write_text("no certificate")
    with pytest.raises(BadInput, match="cluster_certificate_unusable"):
        serving_context(settings)
    member.key.unlink()
    with pytest.raises(BadInput, match="cluster_certificate_unusable"):
        dialling_context(settings)


async def test_a_front_without_a_certificate_is_not_heard(tmp_path: Path) -> None:
    settings = _settings(tmp_path, cluster_of(tmp_path / "a", HERE))
    async with worker(settings) as where:
        with pytest.raises(NotReached):
            await asked(Settings(tmp_path), where)


async def test_a_front_of_another_authority_is_not_heard(tmp_path: Path) -> None:
    mine, other = cluster_of(tmp_path / "a", HERE), cluster_of(tmp_path / "b", HERE)
    stranger = replace(other, authority=mine.authority)
    async with worker(_settings(tmp_path, mine)) as where:
        with pytest.raises(NotReached):
            await asked(_settings(tmp_path, stranger), where)


async def test_a_worker_of_another_authority_hears_nothing(tmp_path: Path) -> None:
    mine, other = cluster_of(tmp_path / "a", HERE), cluster_of(tmp_path / "b", HERE)
    async with worker(_settings(tmp_path, replace(other, authority=mine.authority))) as where:
        with pytest.raises(NotReached):
            await asked(_settings(tmp_path, mine), where)


async def test_a_worker_with_the_certificate_of_another_address_hears_nothing(
    tmp_path: Path,
) -> None:
    settings = _settings(tmp_path, cluster_of(tmp_path / "a", "192.0.2.7"))
    async with worker(settings) as where:
        with pytest.raises(NotReached):
            await asked(settings, where)


async def test_a_worker_with_another_name_than_all_workers_bear_hears_nothing(
    tmp_path: Path,
) -> None:
    front = cluster_of(tmp_path / "a", "front.cluster.example")
    settings = _settings(tmp_path, front, "workers.cluster.example")
    async with worker(settings) as where:
        with pytest.raises(NotReached):
            await asked(settings, where)


async def test_workers_of_one_name_are_heard_wherever_they_are(tmp_path: Path) -> None:
    name = "workers.cluster.example"
    settings = _settings(tmp_path, cluster_of(tmp_path / "a", name), name)
    async with worker(settings) as where:
        assert await asked(settings, where) == 200


async def test_with_certificates_of_one_authority_they_speak(tmp_path: Path) -> None:
    settings = _settings(tmp_path, cluster_of(tmp_path / "a", HERE))
    async with worker(settings) as where:
        assert await asked(settings, where) == 200


async def test_on_one_machine_the_first_of_them_makes_the_key(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "new")
    async with worker(settings) as where:
        assert await asked(settings, where) == 200
    assert (tmp_path / "new" / "relay.key").stat().st_mode & 0o777 == 0o600


async def test_one_worker_without_others_serves_everything() -> None:
    one = OneWorker("127.0.0.1:8920")
    one.forget_shard(7)
    assert await one.find_shard(7) == "127.0.0.1:8920"
    assert await one.list_serving() == ("127.0.0.1:8920",)
