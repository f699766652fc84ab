"""Secrets are planted through every door and then searched for everywhere, and not found.

Scenario 34. The supervisor and its processes run as `drawbridge up` starts them. Sealed, a
secret is in the rows, and opens with the passphrase; in the clear it must be nowhere: no file,
no log, no page, nothing that operators see, no memory of the pages' process or the supervisor's.
Over a server no vault has a passphrase (decision 0046): there it opens with the file alone, and
a passphrase that was typed all the same is nowhere either.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
import pytest

from drawbridge.app.build import open_house
from drawbridge.app.cluster_settings import ClusterSettings
from drawbridge.app.observing.logs import LogStyle
from drawbridge.app.observing.settings import ObservingSettings
from drawbridge.app.settings import Settings
from drawbridge.core.errors import Corrupted, DrawbridgeError
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import Binding
from drawbridge.sealing.keyring import Keyring
from drawbridge.sealing.local import LocalKey
from drawbridge.vault.service import binding_of
from drawbridge.vault.store import read_sealed
from tests.kit.browserling import Browserling, Page
from tests.kit.gateways import WORKERS
from tests.kit.house import until
from tests.kit.over_the_wire import OverTheWire
from tests.kit.planted import Planted
from tests.kit.processes import Paper, bots_address, drawbridge, free_port
from tests.kit.store import ON_SERVER, files_of, store_in

PASSWORD = "owner+password planted/first"
PASSPHRASE = "vault+passphrase planted/second"
FORM = {"binance": "/keys/new?exchange=binance&venue=paper"}
_STEP_S = 30
# The processes beside those that hold the vault's key.
_APART = ("front", "web") if ON_SERVER else ("web",)


@dataclass
class Town:
    """The supervisor with its processes, the exchange, and all that was told so far."""

    paper: Paper
    settings: Settings
    output: Path
    process: subprocess.Popen[bytes]
    told: list[str] = field(default_factory=list)

    def pid_of(self, module: str) -> int:
        """Find a child of the supervisor by what it runs."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        [found] = [
            int(child)
            for child in children
            if f"\0{module}\0".encode() in Path(f"/proc/{child}/cmdline").read_bytes()
        ]
        return found

    async def command(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run the command line on this folder, and keep what it printed."""
        done = await asyncio.to_thread(
            drawbridge, *arguments, "--data", str(self.settings.data), given=given
        )
        self.told += [done.stdout, done.stderr]
        return done


@contextmanager
def town_in(folder: Path) -> Iterator[Town]:
    paper = Paper(folder / "paper")
    address = paper.account_site.removeprefix("http://")
    proxy = bots_address()
    settings = Settings(
        data=folder / "data",
        port=free_port(),
        paper=address,
        proxy=proxy,
        observing=ObservingSettings(LogStyle.JSON, "127.0.0.1:0"),
        store=store_in(folder / "data"),
        cluster=ClusterSettings(f"127.0.0.1:{free_port()}"),
    )
    output = folder / "output"
    output.mkdir()
    with (output / "stdout").open("wb") as out, (output / "stderr").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "drawbridge.app.up", "--workers", str(WORKERS)],
            stdout=out,
            stderr=err,
            env={**os.environ, **settings.environment()},
        )
    try:
        yield Town(paper, settings, output, process)
    finally:
        process.terminate()
        process.wait(60)
        paper.process.stop()


class Visitor:
    """A person in a browser; every page is kept."""

    def __init__(self, town: Town) -> None:
        address = town.settings.web_address.partition("://")[2]
        self._browser = Browserling(OverTheWire(address), address)
        self._told = town.told
        self._totp = ""
        self._last_step = 0

    async def get(self, path: str) -> Page:
        return self._kept(await self._browser.get(path))

    async def post(self, path: str, *, csrf: str = "", **fields: str) -> Page:
        wrong = [("csrf", csrf)] if csrf else []
        return self._kept(await self._browser.post(path, [*fields.items(), *wrong]))

    async def upload(self, path: str, name: str, text: str, **fields: str) -> Page:
        file = ("file", name, text.encode())
        return self._kept(await self._browser.upload(path, [*fields.items()], file))

    async def sees(self, path: str, words: str) -> Page:
        """Open a page until these words stand there."""

        async def seen() -> Page | None:
            page = await self.get(path)
            return page if words in page.words else None

        return await until(seen, words)

    async def set_up(self) -> None:
        """Create owner, vault and authenticator as the pages lead through it."""
        await self.get("/")
        await self.post("/welcome", name="Ada", password=PASSWORD, password_again=PASSWORD)
        await self.post("/vault", how="passphrase", passphrase=PASSPHRASE)
        if ON_SERVER:
            await self.sees("/vault", "a passphrase cannot do that")
            await self.post("/vault", how="file")
        await self.sees("/vault", "Your vault is open")
        await self.get("/authenticator")
        page = await self.post("/authenticator/begin")
        found = re.search(r'name="uri" value="([^"]+secret=([A-Z2-7]+)[^"]*)"', page.html)
        assert found is not None, page.words
        self._totp = found[2]
        await self.post(
            "/authenticator/confirm", uri=found[1].replace("&amp;", "&"), code=await self.code()
        )

    async def code(self) -> str:
        """Give a code of the authenticator; each is of a later step than the last."""

        async def next_step() -> int | None:
            now = int(time.time()) // _STEP_S
            step = max(self._last_step + 1, now - 1)
            return step if step <= now + 1 else None

        self._last_step = await until(next_step, "a code that is not used up")
        return pyotp.TOTP(self._totp).generate_otp(self._last_step)

    def _kept(self, page: Page) -> Page:
        self._told.append(page.html + repr(page.headers))
        return page


async def test_secrets_that_went_through_pages_and_commands_are_nowhere_in_the_clear(
    tmp_path: Path,
) -> None:
    """Scenarios 31, 34."""
    with town_in(tmp_path) as town:
        web_key, command_key = town.paper.key("binance"), town.paper.key("kraken")
        file_key = town.paper.key("okx")
        planted = Planted(
            {
                "password": PASSWORD,
                "passphrase": PASSPHRASE,
                "secret in a form": web_key["api_secret"],
                "secret in a pipe": command_key["api_secret"],
                "secret in a file": file_key["api_secret"],
                "passphrase in a file": file_key["passphrase"],
            }
        )
        await up(town)
        visitor = Visitor(town)
        await visitor.set_up()
        await refused_forms(visitor, web_key, command_key)
        await refused_file(visitor, file_key)
        key_page = await added_in_a_form(visitor, web_key)
        await label_refused(town, web_key)
        await added_in_a_pipe(town, command_key)
        await robot_came_and_went(visitor, key_page.rpartition("/")[2])
        await exchange_gone(town, visitor, key_page)
        for path in ("/", "/keys", "/keys/new", key_page, "/profile", "/audit", "/robots"):
            assert (await visitor.get(path)).status == 200
        await operators_looked(town)
        await assert_not_in_memory(town, visitor, planted)
        assert planted.in_files(files_of(town.settings.data)) == [], "while it runs"
        town.process.terminate()
        assert town.process.wait(60) == 0
    assert planted.in_files(files_of(town.settings.data)) == [], "after it ended"
    assert planted.in_folder(town.output) == []
    assert planted.in_bytes("".join(town.told).encode()) == []
    await assert_there_and_sealed(town, web_key, command_key)


async def up(town: Town) -> None:
    async def is_told() -> bool:
        told = (town.output / "stdout").read_bytes()
        everybody = told.count(b"For operators:") == len(_APART) + WORKERS
        return everybody and town.settings.web_address.encode() in told

    await until(is_told, "the pages can be opened, and all that they ask is there")


async def operators_looked(town: Town) -> None:
    """Read all that the processes tell to operators; their logs are lines of JSON."""
    told = (town.output / "stdout").read_text(encoding="utf-8")
    addresses = re.findall(r"For operators: +(http://\S+)", told)
    assert len(addresses) == len(_APART) + WORKERS
    for address in addresses:
        for path in ("/healthz", "/readyz", "/metrics"):
            page = await Browserling(OverTheWire(address.partition("://")[2])).get(path)
            assert page.status == 200, page.words
            town.told.append(page.html)
    for line in (town.output / "stderr").read_text(encoding="utf-8").splitlines():
        assert json.loads(line)["process"] in {"gateway", *_APART}


async def refused_file(visitor: Visitor, key: dict[str, str]) -> None:
    """Upload a file of another program that cannot be brought in, and ask for a copy of it."""
    account = {
        "apiKey": key["api_key"],
        "secret": key["api_secret"],
        "password": key["passphrase"],
        "note": key["passphrase"],
    }
    text = json.dumps({"okx": account})
    for path in ("/keys/import", "/keys/import/copy"):
        await visitor.get("/keys/import")
        page = await visitor.upload(path, "keys.json", text, venue="paper", code="000000")
        assert 400 <= page.status < 500, page.words
        broken = await visitor.upload(path, "keys.json", text[:-1] + "\ufffd", venue="paper")
        assert broken.status == 422, broken.words


async def refused_forms(visitor: Visitor, key: dict[str, str], other: dict[str, str]) -> None:
    """Send forms that are wrong, with the secret in the field where it belongs and in others."""
    form, secret = FORM["binance"], key["api_secret"]
    both = {"api_key": key["api_key"], "api_secret": secret}
    await visitor.get(form)
    wrong: list[dict[str, str]] = [
        {"api_key": "short", "api_secret": secret},
        {"api_key": key["api_key"], "api_secret": secret + "!"},
        {"api_key": secret, "api_secret": secret},
        {"api_key": secret, "api_secret": ""},
        {**both, "label": f"my key {secret}"},
        {**both, "code": "000000", "label": secret},
    ]
    for fields in wrong:
        page = await visitor.post(form, **fields)
        assert 400 <= page.status < 500, page.words
    swapped = {"api_key": other["api_secret"], "api_secret": other["api_key"]}
    page = await visitor.post(form.replace("binance", "kraken"), **swapped)
    assert page.status == 422
    page = await visitor.post(form, csrf="0" * 64, **both)
    assert page.status == 403


async def added_in_a_form(visitor: Visitor, key: dict[str, str]) -> str:
    """Add a key as a browser sends it, see it checked, and try the same once more."""
    form = FORM["binance"]
    fields = {"api_key": key["api_key"], "api_secret": key["api_secret"]}
    page = await visitor.post(form, **fields, code=await visitor.code())
    assert page.path.startswith("/keys/key_"), page.words
    await visitor.sees(page.path, "This key is ready to trade")
    await visitor.get(form)
    again = await visitor.post(form, **fields, code=await visitor.code())
    assert again.status == 409
    return page.path


async def label_refused(town: Town, key: dict[str, str]) -> None:
    """Paste the secret into the name, which is kept and shown in the clear."""
    command = ("key", "add", "--exchange", "binance", "--json", "--label", key["api_secret"])
    done = await town.command(*command, given=json.dumps(key))
    assert json.loads(done.stderr)["code"] == "label_holds_secret"


async def added_in_a_pipe(town: Town, key: dict[str, str]) -> None:
    """Add a key on the command line, after it was refused in several ways."""
    command = ("key", "add", "--exchange", "kraken", "--json")
    swapped = {"api_key": key["api_secret"], "api_secret": key["api_key"]}
    for given in (json.dumps(swapped), json.dumps(key)[:-1], f"\n{key['api_secret']}\n"):
        assert (await town.command(*command, given=given)).returncode != 0
    added = await town.command(*command, given=json.dumps(key))
    assert json.loads(added.stdout)["status"] == "enabled", added.stderr
    assert (await town.command(*command, given=json.dumps(key))).returncode != 0
    for arguments in (("key", "list"), ("key", "show", "Kraken #1"), ("audit", "verify")):
        assert (await town.command(*arguments)).returncode == 0


async def robot_came_and_went(visitor: Visitor, key_id: str) -> None:
    await visitor.get("/robots/new?strategy=ema_cross")
    page = await visitor.post(
        "/robots/new",
        key=key_id,
        symbol="BTC/USDT",
        amount="1000",
        interval="1m",
        strategy="ema_cross",
        on_stop="market",
        joins="yes",
        **{"set.fast": "9", "set.slow": "21"},
    )
    assert page.path.startswith("/robots/robot_"), page.words
    await visitor.sees(page.path, "running")
    await visitor.get(f"{page.path}/chart.json")
    await visitor.post(f"{page.path}/stop")
    await visitor.sees(page.path, "stopped")


async def exchange_gone(town: Town, visitor: Visitor, key_page: str) -> None:
    """Have keys checked while nobody answers."""
    town.paper.process.kill()
    await visitor.post(f"{key_page}/check")
    await visitor.sees(key_page, "cannot be reached")
    assert "cannot be reached" in (await town.command("key", "verify", "Kraken #1")).stdout


async def assert_not_in_memory(town: Town, visitor: Visitor, planted: Planted) -> None:
    """Search both processes; cycles are forgotten with the next collection, so pages are asked."""
    web, supervisor = town.pid_of("drawbridge.entrypoints.web"), town.process.pid
    known = Planted({"port": str(town.settings.port)})
    for pid in (web, supervisor):
        assert known.in_memory(pid), "the search finds what is there"
    assert planted.in_memory(supervisor) == []
    left: list[str] = []

    async def forgotten() -> bool:
        left[:] = planted.in_memory(web)
        await visitor.get("/keys")
        return not left

    try:
        await until(forgotten, "forgotten")
    except AssertionError:
        pytest.fail(f"still in the memory of the pages' process: {left}")


async def assert_there_and_sealed(
    town: Town, web_key: dict[str, str], command_key: dict[str, str]
) -> None:
    """With the passphrase, or the file, the gateway's half opens what is stored; nothing else."""
    folder = town.settings.data
    keyring = Keyring.load(town.settings.vault_key, None if ON_SERVER else Secret(PASSPHRASE))
    if not ON_SERVER:
        with pytest.raises(DrawbridgeError, match="passphrase"):
            Keyring.load(town.settings.vault_key, None)
    local = LocalKey.load_or_create(folder / "local.key")
    stranger = Keyring.create()
    async with open_house(town.settings) as house:
        [owner] = await house.accounts.list_owners()
        for added in (web_key, command_key):
            keys = await house.vault.list_keys(owner.id)
            [key] = [key for key in keys if key.public_key == added["api_key"]]
            sealed = dict((await read_sealed(house.database, [key.id]))[key.id])
            binding = binding_of(key, "api_secret")
            opened = keyring.open(sealed["api_secret"], binding)
            assert opened == Secret(added["api_secret"])
            assert_cannot_open(local, sealed["api_secret"], binding)
            assert_cannot_open(stranger, sealed["api_secret"], binding)


def assert_cannot_open(other: LocalKey | Keyring, sealed: bytes, binding: Binding) -> None:
    with pytest.raises(Corrupted):
        other.open(sealed, binding)


def test_the_process_of_the_pages_holds_no_code_that_opens_a_secret() -> None:
    """Scenario 31: what a process has not loaded, no page can call."""
    code = "import sys, drawbridge.entrypoints.web.__main__; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"drawbridge.vault.service", "drawbridge.sealing.envelope"} <= loaded
    private = {"sealing.keyring", "vault.opening", "vault.keyholder", "gateway.crossing"}
    assert loaded.isdisjoint({f"drawbridge.{name}" for name in private})
