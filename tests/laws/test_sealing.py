"""Law: what is sealed opens for its own binding only, and no changed byte goes unnoticed."""

from hypothesis import assume, given
from hypothesis import strategies as st

from drawbridge.core.errors import Corrupted
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import Binding, seal
from drawbridge.sealing.keyring import Keyring
from drawbridge.sealing.local import LocalKey

_KEYRING = Keyring.create()
_LOCAL = LocalKey.fresh()

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_bindings = st.builds(Binding, _texts, _texts, _texts, _texts, st.integers(1, 9), _texts)


@given(_texts, _bindings)
def test_opening_is_the_inverse_of_sealing(text: str, binding: Binding) -> None:
    secret = Secret(text)
    assert _KEYRING.open(seal(_KEYRING.public, secret, binding), binding) == secret
    assert _LOCAL.open(_LOCAL.seal(secret, binding), binding) == secret


@given(_bindings, _bindings)
def test_different_bindings_never_share_their_bytes(one: Binding, other: Binding) -> None:
    assert (one.info() == other.info()) == (one == other)


@given(_texts, _bindings, st.data())
def test_any_changed_byte_is_found(text: str, binding: Binding, data: st.DataObject) -> None:
    for sealed, opener in (
        (seal(_KEYRING.public, Secret(text), binding), _KEYRING.open),
        (_LOCAL.seal(Secret(text), binding), _LOCAL.open),
    ):
        at = data.draw(st.integers(0, len(sealed) - 1))
        changed = bytearray(sealed)
        changed[at] ^= data.draw(st.integers(1, 255))
        try:
            opener(bytes(changed), binding)
        except Corrupted:
            continue
        raise AssertionError(at)


@given(st.binary(max_size=200), _bindings)
def test_garbage_never_opens(garbage: bytes, binding: Binding) -> None:
    assume(garbage)
    for opener in (_KEYRING.open, _LOCAL.open):
        try:
            opener(garbage, binding)
        except Corrupted:
            continue
        raise AssertionError(garbage)
