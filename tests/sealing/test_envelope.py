"""Sealed values: they open for their own binding and their own vault, and for nothing else."""

from dataclasses import replace

import pytest

from drawbridge.core.errors import BadInput, Corrupted
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import (
    MAGIC,
    SUITES,
    Binding,
    Kem,
    VaultPublicKey,
    read_public_key,
    seal,
)
from drawbridge.sealing.keyring import Keyring

_BINDING = Binding("owner_a", "kraken", "key_1", "api_secret", 1, "live")
_SECRET = Secret("planted-secret")


@pytest.fixture(scope="module")
def keyring() -> Keyring:
    return Keyring.create()


@pytest.mark.parametrize(
    "other",
    [
        replace(_BINDING, owner="owner_b"),
        replace(_BINDING, exchange="binance"),
        replace(_BINDING, key_id="key_2"),
        replace(_BINDING, field="api_key"),
        replace(_BINDING, version=2),
        replace(_BINDING, venue="paper"),
        # The same letters, parted elsewhere.
        replace(_BINDING, owner="owner_ak", exchange="raken"),
    ],
)
def test_a_value_does_not_open_for_another_binding(keyring: Keyring, other: Binding) -> None:
    """Scenario 33: a swapped ciphertext is found out."""
    sealed = seal(keyring.public, _SECRET, _BINDING)
    with pytest.raises(Corrupted) as told:
        keyring.open(sealed, other)
    assert told.value.code == "sealed_value_damaged"


def test_a_value_does_not_open_in_another_vault(keyring: Keyring) -> None:
    sealed = seal(keyring.public, _SECRET, _BINDING)
    with pytest.raises(Corrupted) as told:
        Keyring.create().open(sealed, _BINDING)
    assert told.value.code == "sealed_for_another_key"


@pytest.mark.parametrize("cut", [0, 5, 16, 17, 40, 1_140])
def test_a_value_that_is_cut_short_is_damaged(keyring: Keyring, cut: int) -> None:
    sealed = seal(keyring.public, _SECRET, _BINDING)
    with pytest.raises(Corrupted) as told:
        keyring.open(sealed[:cut], _BINDING)
    assert told.value.code == "sealed_value_damaged"


def test_nothing_secret_stands_in_the_error(keyring: Keyring) -> None:
    with pytest.raises(BadInput) as told:
        seal(keyring.public, Secret("planted-secret\ud800"), _BINDING)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__
    assert "planted" not in f"{told.value!r} {told.value}"


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x12\x34" + b"x" * 32, b"\x00\x20short"])
def test_a_damaged_public_key_is_refused(data: bytes) -> None:
    with pytest.raises(Corrupted) as told:
        read_public_key(data)
    assert told.value.code == "vault_public_key_damaged"


def test_a_damaged_hybrid_public_key_is_refused(keyring: Keyring) -> None:
    data = keyring.public.data
    assert keyring.public.kem is Kem.MLKEM768_X25519
    for broken in (data[:-1], data + b"x", data[:2] + b"\xff" * (len(data) - 2)):
        with pytest.raises(Corrupted):
            read_public_key(broken)


@pytest.mark.parametrize("kem", list(Kem))
def test_what_was_sealed_comes_out_again(kem: Kem) -> None:
    seed_length = {Kem.X25519: 32, Kem.MLKEM768_X25519: 96}[kem]
    keyring = Keyring(kem, b"s" * seed_length)
    public = read_public_key(keyring.public.data)
    assert public.fingerprint == keyring.public.fingerprint
    sealed = seal(public, _SECRET, _BINDING)
    assert sealed.startswith(MAGIC)
    assert b"planted" not in sealed
    assert keyring.open(sealed, _BINDING) == _SECRET


def test_the_same_secret_is_sealed_differently_each_time(keyring: Keyring) -> None:
    one, other = (seal(keyring.public, _SECRET, _BINDING) for _ in range(2))
    assert one != other


def test_the_public_half_is_all_that_sealing_needs(keyring: Keyring) -> None:
    """Scenario 31: whoever holds the database and the public key can open nothing."""
    public: VaultPublicKey = read_public_key(keyring.public.data)
    sealed = seal(public, _SECRET, _BINDING)
    with pytest.raises(TypeError):
        SUITES[public.kem].decrypt(sealed, public.raw, b"")  # type: ignore[arg-type]  # that is the point
