"""The vault's key file: wrapped or private, never overwritten, never believed when damaged."""

import json
import pickle
import stat
from pathlib import Path

import pytest

from drawbridge.core.errors import BadInput, Conflict, Corrupted, Forbidden, NotFound, NotProven
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import Binding, seal
from drawbridge.sealing.key_file import drop_older
from drawbridge.sealing.keyring import Keyring, needs_passphrase

_PASSPHRASE = Secret("correct horse battery")
_BINDING = Binding("owner_a", "kraken", "key_1", "api_secret", 1)


@pytest.fixture(scope="module")
def wrapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keyring") / "vault.key"
    Keyring.create().save(path, _PASSPHRASE)
    return path


def test_a_wrong_passphrase_does_not_open_it(wrapped: Path) -> None:
    with pytest.raises(NotProven) as told:
        Keyring.load(wrapped, Secret("incorrect horse"))
    assert told.value.code == "passphrase_wrong"


def test_a_passphrase_is_asked_for(wrapped: Path) -> None:
    assert needs_passphrase(wrapped)
    with pytest.raises(NotProven) as told:
        Keyring.load(wrapped, None)
    assert told.value.code == "passphrase_needed"


@pytest.mark.parametrize("passphrase", ["", "short", "  blanks   ", " " * 40])
def test_a_weak_passphrase_is_refused_and_nothing_is_written(
    tmp_path: Path, passphrase: str
) -> None:
    path = tmp_path / "vault.key"
    with pytest.raises(BadInput) as told:
        Keyring.create().save(path, Secret(passphrase))
    assert told.value.code == "passphrase_too_short"
    assert not path.exists()


@pytest.mark.parametrize(
    ("passphrase", "code"), [("x" * 2_000, "passphrase_too_long"), ("\ud800" * 12, "not_text")]
)
def test_an_impossible_passphrase_is_refused(tmp_path: Path, passphrase: str, code: str) -> None:
    with pytest.raises(BadInput) as told:
        Keyring.create().save(tmp_path / "vault.key", Secret(passphrase))
    assert told.value.code == code


def test_an_existing_key_file_is_never_written_over(wrapped: Path) -> None:
    before = wrapped.read_bytes()
    with pytest.raises(Conflict) as told:
        Keyring.create().save(wrapped, _PASSPHRASE)
    assert told.value.code == "key_file_exists"
    assert wrapped.read_bytes() == before
    assert list(wrapped.parent.iterdir()) == [wrapped]


def test_a_missing_key_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as told:
        Keyring.load(tmp_path / "vault.key", None)
    assert told.value.code == "key_file_missing"


def test_a_key_file_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    Keyring.create().save(path, None)
    path.chmod(0o640)
    with pytest.raises(Forbidden) as told:
        Keyring.load(path, None)
    assert told.value.code == "key_file_exposed"


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1]", "no json", "[" * 10_000, '{"format": "drawbridge keyring 1"}', "x" * 70_000],
)
def test_a_file_that_is_no_key_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "vault.key"
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Corrupted) as told:
        Keyring.load(path, _PASSPHRASE)
    assert told.value.code == "key_file_damaged"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kem", 7),
        ("kem", "x"),
        ("wrap", "rot13"),
        ("salt", "!"),
        ("salt", ""),
        ("key", "AAAA"),
        ("key", 5),
        ("passes", 0),
        ("passes", 10**9),
        ("passes", "3"),
        ("memory_kib", 10**9),
        ("lanes", -1),
        ("lanes", None),
    ],
)
def test_a_changed_key_file_does_not_open(
    wrapped: Path, tmp_path: Path, name: str, value: object
) -> None:
    path = tmp_path / "vault.key"
    path.touch(0o600)
    path.write_text(json.dumps(json.loads(wrapped.read_text()) | {name: value}))
    with pytest.raises((Corrupted, NotProven)) as told:
        Keyring.load(path, _PASSPHRASE)
    assert told.value.code in {"key_file_damaged", "passphrase_wrong"}


def test_the_right_passphrase_opens_what_was_sealed_before(wrapped: Path) -> None:
    keyring = Keyring.load(wrapped, _PASSPHRASE)
    sealed = seal(keyring.public, Secret("s"), _BINDING)
    again = Keyring.load(wrapped, _PASSPHRASE)
    assert again.open(sealed, _BINDING).reveal() == "s"
    assert stat.S_IMODE(wrapped.stat().st_mode) == 0o600


def test_a_key_file_without_passphrase_opens_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    keyring = Keyring.create()
    keyring.save(path, None)
    assert not needs_passphrase(path)
    assert Keyring.load(path, None).public.data == keyring.public.data


def test_a_passphrase_can_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    keyring = Keyring.create()
    keyring.save(path, None)
    keyring.save(path, _PASSPHRASE, replace=True)
    assert Keyring.load(path, _PASSPHRASE).public.data == keyring.public.data


def test_the_key_file_holds_no_key_in_the_clear(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    keyring = Keyring.create()
    keyring.save(path, None)
    clear = json.loads(path.read_text())["key"]
    keyring.save(path, _PASSPHRASE, replace=True)
    assert clear not in path.read_text()


def test_a_keyring_shows_and_copies_nothing_of_itself() -> None:
    keyring = Keyring.create()
    assert repr(keyring) == f"Keyring({keyring.public.fingerprint.hex()})"
    with pytest.raises(TypeError):
        pickle.dumps(keyring)


def _with_older(path: Path, passphrase: Secret | None) -> tuple[Keyring, Keyring]:
    first = Keyring.create()
    second = first.renewed()
    second.save(path, passphrase, replace=True)
    return first, second


def test_a_new_key_leads_and_the_older_one_opens_what_was_sealed_before(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    first, _ = _with_older(path, _PASSPHRASE)
    before = seal(first.public, Secret("before"), _BINDING)
    ring = Keyring.load(path, _PASSPHRASE)
    after = seal(ring.public, Secret("after"), _BINDING)
    assert ring.open(before, _BINDING).reveal() == "before"
    assert ring.open(after, _BINDING).reveal() == "after"
    assert [it.data for it in ring.older] == [first.public.data]
    for sealed, opener in ((before, ring.alone()), (after, first)):
        with pytest.raises(Corrupted) as told:
            opener.open(sealed, _BINDING)
        assert told.value.code == "sealed_for_another_key"


def test_a_ring_can_be_led_by_an_older_key_and_by_no_other(tmp_path: Path) -> None:
    first, second = _with_older(tmp_path / "vault.key", None)
    led = second.led_by(first.public.data)
    assert led is not None
    assert led.public.data == first.public.data
    assert [it.data for it in led.older] == [second.public.data]
    assert second.led_by(Keyring.create().public.data) is None


def test_older_keys_are_taken_out_of_a_file_without_its_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    first, second = _with_older(path, _PASSPHRASE)
    with pytest.raises(Conflict) as told:
        drop_older(path, first.public.fingerprint.hex())
    assert told.value.code == "vault_key_differs"
    name = second.public.fingerprint.hex()
    assert (drop_older(path, name), drop_older(path, name)) == (1, 0)
    ring = Keyring.load(path, _PASSPHRASE)
    assert (ring.public.data, ring.older) == (second.public.data, ())


@pytest.mark.parametrize("name", ["kem", "of", "key"])
def test_a_changed_older_key_does_not_open(tmp_path: Path, name: str) -> None:
    path = tmp_path / "vault.key"
    _with_older(path, _PASSPHRASE)
    content = json.loads(path.read_text())
    content["older"][0][name] = {"kem": 32, "of": "00" * 8, "key": "AAAA" * 20}[name]
    path.write_text(json.dumps(content))
    with pytest.raises((Corrupted, NotProven)):
        Keyring.load(path, _PASSPHRASE)
