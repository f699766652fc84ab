"""The doctor tells whether a server keeps people's rows apart, and what to enter if not."""

from pathlib import Path

from drawbridge.app.clock import SystemClock
from drawbridge.app.doctor import examine
from drawbridge.app.finding import Finding, Health
from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import StoreSettings
from drawbridge.wording.say import say
from tests.kit.postgres import PrivateServer


async def _found(folder: Path, url: str) -> Finding:
    settings = Settings(data=folder, store=StoreSettings(url))
    now_ms = SystemClock().now_ms
    findings = [it async for it in examine(settings, online=False, now_ms=now_ms)]
    return next(it for it in findings if it.what == "tenants")


async def test_it_tells_what_to_enter_until_the_server_keeps_people_apart(
    tmp_path: Path, postgres_server: PrivateServer
) -> None:
    url, grant = postgres_server.new_database_of_another()
    found = await _found(tmp_path, url)
    assert (found.health, found.found) == (Health.WARN, "open")
    assert f"{grant};" in say("doctor.tenants.open", **found.facts)
    postgres_server.tell(grant)
    found = await _found(tmp_path, url)
    assert (found.health, found.found) == (Health.OK, "fenced")
    postgres_server.drop_database(url)
