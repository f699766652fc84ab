"""Keys of one process and of one machine."""

import pickle
import stat
from pathlib import Path

import pytest

from drawbridge.core.errors import BadInput, Corrupted, Forbidden
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import Binding
from drawbridge.sealing.local import LocalKey

_BINDING = Binding("owner_a", "", "owner_a", "second_factor", 1)


def test_another_binding_or_another_key_does_not_open_it() -> None:
    key = LocalKey.fresh()
    sealed = key.seal(Secret("planted"), _BINDING)
    for opener, binding in (
        (key, Binding("owner_b", "", "owner_b", "second_factor", 1)),
        (LocalKey.fresh(), _BINDING),
    ):
        with pytest.raises(Corrupted) as told:
            opener.open(sealed, binding)
        assert told.value.code == "sealed_value_damaged"


@pytest.mark.parametrize("at", [0, 7, 8, 19, 20, -1])
def test_any_changed_byte_is_found(at: int) -> None:
    key = LocalKey.fresh()
    sealed = bytearray(key.seal(Secret("planted"), _BINDING))
    sealed[at] ^= 1
    with pytest.raises(Corrupted):
        key.open(bytes(sealed), _BINDING)


def test_a_value_that_is_cut_short_is_damaged() -> None:
    key = LocalKey.fresh()
    sealed = key.seal(Secret("planted"), _BINDING)
    for length in (0, 8, 12, 20, len(sealed) - 1):
        with pytest.raises(Corrupted):
            key.open(sealed[:length], _BINDING)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(BadInput):
        LocalKey.fresh().seal(Secret("\ud800"), _BINDING)


def test_a_machine_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "accounts.key"
    LocalKey.load_or_create(path)
    path.chmod(0o644)
    with pytest.raises(Forbidden):
        LocalKey.load_or_create(path)


def test_a_machine_key_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "accounts.key"
    path.touch(0o600)
    with pytest.raises(Corrupted):
        LocalKey.load_or_create(path)


def test_the_machine_key_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "accounts.key"
    sealed = LocalKey.load_or_create(path).seal(Secret("planted"), _BINDING)
    assert b"planted" not in sealed
    assert LocalKey.load_or_create(path).open(sealed, _BINDING).reveal() == "planted"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_local_key_shows_and_copies_nothing_of_itself() -> None:
    key = LocalKey.fresh()
    assert repr(key) == "LocalKey()"
    with pytest.raises(TypeError):
        pickle.dumps(key)
