"""Who keeps the vault's wrapping key: refused and away first, then given back to who may have it.

The transit engine and AWS KMS are stand-ins here (`kit/key_services.py`).
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drawbridge.app.keeper_settings import KeeperSettings, read_keeper_settings
from drawbridge.app.keeper_ways import keepers_of
from drawbridge.core.errors import BadInput, Corrupted
from drawbridge.core.secret import Secret
from drawbridge.gateway.egress import Egress
from drawbridge.sealing.keepers import (
    AWS_KMS,
    KEEPERS,
    OS_KEYRING,
    SYSTEMD,
    TRANSIT,
    Keeper,
    OsKeyring,
)
from drawbridge.sealing.key_file import read_key_file
from drawbridge.sealing.keyring import Keyring
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.unlock import KEY_FILE, PASSPHRASE, KeepWish, Wish, read_vault_state
from tests.kit import key_services
from tests.kit.backups import PASSPHRASE as WORDS
from tests.kit.backups import Kept, kept_house
from tests.kit.key_services import KeyServices
from tests.kit.served import served

_OLD = Secret(WORDS)


class _Library:
    """A keyring of an operating system, in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service_name: str, username: str) -> str | None:
        return self.kept.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        self.kept[service_name, username] = password


@dataclass
class _Around:
    """A house, with everybody around who may keep its key."""

    kept: Kept
    services: KeyServices
    keepers: Mapping[str, Keeper]
    library: _Library = field(default_factory=_Library)

    @property
    def path(self) -> Path:
        return self.kept.house.settings.vault_key

    async def keep(self, wish: KeepWish) -> str:
        """Have the key kept, and give the code of the refusal, if it was refused."""
        await self.kept.house.door.ask(self.kept.owner, Wish.KEEP, wish.written())
        await self.kept.holder.answer()
        return (await read_vault_state(self.kept.house.database)).error

    async def restart(self) -> KeyHolder:
        """Begin as after a start of the machine."""
        await self.kept.holder.stop()
        return await self.begin(self.keepers)

    async def begin(self, keepers: Mapping[str, Keeper]) -> KeyHolder:
        """Begin with these keepers."""
        house = self.kept.house
        self.kept.holder = KeyHolder(house.database, self.kept.clock, self.path, keepers)
        await self.kept.holder.start()
        return self.kept.holder


@pytest.fixture
async def around(tmp_path: Path) -> AsyncIterator[_Around]:
    """Give a house whose key file lies open."""
    async with _opened(tmp_path, "") as begun:
        yield begun


@pytest.fixture
async def under_words(tmp_path: Path) -> AsyncIterator[_Around]:
    """Give a house whose key file is wrapped under a passphrase."""
    async with _opened(tmp_path, WORDS) as begun:
        await begun.kept.house.door.ask(begun.kept.owner, Wish.UNLOCK, _OLD)
        await begun.kept.holder.answer()
        yield begun


@asynccontextmanager
async def _opened(folder: Path, passphrase: str) -> AsyncIterator[_Around]:
    services, library, egress = KeyServices(), _Library(), Egress()
    token, identity = folder / "token", folder / "credentials"
    _write(token, key_services.TOKEN)
    _write(
        identity,
        f"[default]\naws_access_key_id = {key_services.ACCESS_KEY}\n"
        f"aws_secret_access_key = {key_services.SECRET_KEY}\n",
    )
    _write(folder / "drawbridge-vault", "what systemd has decrypted")
    async with kept_house(folder / "data", passphrase) as kept, served(services.app) as address:
        settings = KeeperSettings(
            transit_url=address,
            transit_token_file=token,
            kms_key="alias/drawbridge",
            kms_region=key_services.REGION,
            kms_url=address,
            kms_credentials_file=identity,
            credentials=folder,
        )
        found = keepers_of(settings, egress, kept.clock)
        keepers = {**found, OS_KEYRING: OsKeyring(library)}
        begun = _Around(kept, services, keepers, library)
        await begun.restart()
        yield begun
        await egress.close()


def _is_locked(holder: KeyHolder) -> bool:
    return not holder.is_open


def _write(path: Path, text: str) -> None:
    path.touch(0o600)
    path.write_text(text)


@pytest.mark.parametrize(
    ("old", "code"),
    [(None, "passphrase_needed"), (Secret("another phrase"), "passphrase_wrong")],
)
async def test_nobody_moves_the_key_without_its_passphrase(
    under_words: _Around, old: Secret | None, code: str
) -> None:
    before = under_words.path.read_bytes()
    for keeper in (*KEEPERS, KEY_FILE):
        assert await under_words.keep(KeepWish(keeper, old)) == code
    assert under_words.path.read_bytes() == before
    assert under_words.services.asked == []


async def test_a_keeper_that_is_not_set_up_or_not_known_is_refused(around: _Around) -> None:
    await around.begin({})
    for keeper in (*KEEPERS, "a friend"):
        assert await around.keep(KeepWish(keeper)) == "keeper_not_set"
    with pytest.raises(BadInput):
        KeepWish(PASSPHRASE, None, Secret("short")).written()


@pytest.mark.parametrize("keeper", [TRANSIT, AWS_KMS])
async def test_a_service_that_is_away_refuses_or_forgets_changes_nothing(
    around: _Around, keeper: str, tmp_path: Path
) -> None:
    before = around.path.read_bytes()
    around.services.is_away = True
    assert await around.keep(KeepWish(keeper)) == "keeper_unreachable"
    around.services.is_away, around.services.forgets = False, True
    assert await around.keep(KeepWish(keeper)) == "keeper_answer_unreadable"
    around.services.forgets = False
    (tmp_path / "token").write_text("another token")
    secret = "[default]\naws_access_key_id = AKIDPLANTED\naws_secret_access_key = another\n"
    (tmp_path / "credentials").write_text(secret)
    assert await around.keep(KeepWish(keeper)) == "keeper_refused"
    (tmp_path / "token").chmod(0o644)
    (tmp_path / "credentials").write_text("no profile at all")
    assert await around.keep(KeepWish(keeper)) == "keeper_secret_unreadable"
    assert around.path.read_bytes() == before


@pytest.mark.parametrize("keeper", KEEPERS)
async def test_what_is_kept_elsewhere_opens_the_vault_by_itself_and_nothing_else_does(
    around: _Around, keeper: str
) -> None:
    public = around.kept.holder.keyring().public.data
    assert await around.keep(KeepWish(keeper)) == ""
    content = read_key_file(around.path).content
    assert content["wrap"] == keeper
    for key in around.library.kept.values():
        assert key not in around.path.read_text()
    with pytest.raises(Corrupted):
        Keyring.load(around.path, _OLD)
    again = await around.restart()
    assert again.keyring().public.data == public
    assert not (await read_vault_state(around.kept.house.database)).needs_passphrase
    # And back to a passphrase, which then is the only one.
    assert await around.keep(KeepWish(PASSPHRASE, None, Secret("another long phrase"))) == ""
    assert _is_locked(await around.restart())
    assert Keyring.load(around.path, Secret("another long phrase")).public.data == public


@pytest.mark.parametrize("keeper", [TRANSIT, AWS_KMS])
async def test_a_keeper_that_was_away_at_the_start_is_asked_again(
    around: _Around, keeper: str
) -> None:
    assert await around.keep(KeepWish(keeper)) == ""
    around.services.is_away = True
    holder = await around.restart()
    assert _is_locked(holder)
    assert (await read_vault_state(around.kept.house.database)).error == "keeper_unreachable"
    around.services.is_away = False
    await holder.answer()
    assert _is_locked(holder)
    around.kept.clock.advance(15_000)
    await holder.answer()
    assert holder.is_open
    assert (await read_vault_state(around.kept.house.database)).error == ""


@pytest.mark.parametrize("keeper", KEEPERS)
async def test_a_new_key_of_the_vault_is_kept_where_the_old_one_was(
    around: _Around, keeper: str
) -> None:
    """Scenario 32, whoever keeps the key: nobody has to type anything."""
    await around.keep(KeepWish(keeper))
    await around.kept.house.door.ask(around.kept.owner, Wish.ROTATE, None)
    await around.kept.holder.answer()
    assert len(around.kept.holder.keyring().older) == 1
    public = around.kept.holder.keyring().public.data
    assert (await around.restart()).keyring().public.data == public


async def test_a_keyring_that_lost_the_key_is_told(around: _Around) -> None:
    await around.keep(KeepWish(OS_KEYRING))
    around.library.kept.clear()
    assert _is_locked(await around.restart())
    error = (await read_vault_state(around.kept.house.database)).error
    assert error == "keeper_answer_unreadable"


async def test_without_systemd_or_with_a_short_credential_there_is_none(
    around: _Around, tmp_path: Path
) -> None:
    assert await around.keep(KeepWish(SYSTEMD)) == ""
    (tmp_path / "drawbridge-vault").write_text("another one, as long as before")
    await around.restart()
    error = (await read_vault_state(around.kept.house.database)).error
    assert error == "passphrase_wrong"
    (tmp_path / "drawbridge-vault").unlink()
    await around.restart()
    error = (await read_vault_state(around.kept.house.database)).error
    assert error == "keeper_missing"


@pytest.mark.parametrize(
    "url",
    ["http://vault.example.com", "vault.example.com", "https://", "https://a?b=c", "http://[::1"],
)
@pytest.mark.parametrize("name", ["DRAWBRIDGE_TRANSIT_URL", "DRAWBRIDGE_KMS_URL"])
def test_a_keepers_address_has_to_be_a_private_one(name: str, url: str) -> None:
    with pytest.raises(BadInput) as told:
        read_keeper_settings({name: url})
    assert (told.value.code, told.value.facts["field"]) == ("bad_keeper_url", name)


def test_settings_come_out_of_the_environment_that_they_write() -> None:
    settings = KeeperSettings(
        transit_url="https://vault.example.com:8200",
        transit_token_file=Path("/run/token"),
        kms_key="alias/drawbridge",
        kms_region="eu-west-1",
        kms_credentials_file=Path("/run/credentials"),
    )
    assert read_keeper_settings(settings.environment()) == settings
