"""A sealed file: whatever is changed in it is found, and nobody else opens or makes one."""

import hashlib
import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput, Corrupted, DrawbridgeError, NotProven
from drawbridge.sealing.recovery import RecoveryHalf, RecoveryKey
from drawbridge.sealing.stream import DIGEST_LENGTH, MAGIC, SealedWriter, check_digest, read_sealed

_KEY = RecoveryKey(bytes(range(32)))
_HALF = _KEY.half()
_TEXT = b"what is kept, " * 9


def _sealed(plain: bytes, piece: int = 40, half: RecoveryHalf = _HALF) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, half, piece)
    writer.write(plain)
    writer.finish()
    return file.getvalue()


def _opened(sealed: bytes, key: RecoveryKey = _KEY) -> bytes:
    return b"".join(read_sealed(io.BytesIO(sealed), key))


def _signed_again(sealed: bytes) -> bytes:
    """Put a right digest behind what was changed, as somebody would who means it."""
    body = sealed[:-DIGEST_LENGTH]
    return body + hashlib.sha256(body).digest()


def _frames(sealed: bytes) -> tuple[bytes, list[bytes]]:
    """Cut a file into its head and its frames; the digest is left out."""
    at = len(MAGIC) + 2 + 8
    at += 4 + int.from_bytes(sealed[at : at + 4], "big")
    head, frames = sealed[:at], []
    while at < len(sealed) - DIGEST_LENGTH:
        end = at + 5 + int.from_bytes(sealed[at + 1 : at + 5], "big")
        frames.append(sealed[at:end])
        at = end
    return head, frames


def _put_together(head: bytes, frames: list[bytes]) -> bytes:
    return _signed_again(head + b"".join(frames) + bytes(DIGEST_LENGTH))


def test_every_single_bit_that_is_flipped_is_found_with_the_key_and_without() -> None:
    """Issue 7, what must be shown, 4: a flipped bit anywhere is found."""
    sealed = _sealed(_TEXT)
    head, _ = _frames(sealed)
    body = len(sealed) - DIGEST_LENGTH
    for at in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(DrawbridgeError):
            check_digest(io.BytesIO(changed))
        # The head holds a key of HPKE, and opening it for each of its bits takes long.
        if (at % 8 == 0 or at >= 8 * len(head)) and at < 8 * body:
            with pytest.raises(DrawbridgeError):
                _opened(_signed_again(bytes(changed)))


def test_a_file_that_is_cut_anywhere_or_has_more_behind_it_is_damaged() -> None:
    sealed = _sealed(_TEXT)
    for length in range(len(MAGIC), len(sealed)):
        with pytest.raises(Corrupted):
            check_digest(io.BytesIO(sealed[:length]))
    for changed in (sealed[:-1], sealed + b"\x00", _signed_again(sealed + bytes(40))):
        with pytest.raises(Corrupted):
            _opened(changed)


def test_frames_that_are_dropped_doubled_or_swapped_are_found() -> None:
    head, frames = _frames(_sealed(os.urandom(400)))
    assert len(frames) == 10
    for changed in (
        frames[:-1],
        frames[1:],
        [frames[0], *frames],
        [frames[1], frames[0], *frames[2:]],
        [*frames, frames[-1]],
        [frames[-1]],
        [],
    ):
        with pytest.raises(Corrupted) as told:
            _opened(_put_together(head, changed))
        assert told.value.code == "backup_damaged"


def test_a_frame_of_another_file_of_the_same_key_does_not_fit() -> None:
    head, frames = _frames(_sealed(_TEXT))
    _, others = _frames(_sealed(_TEXT))
    with pytest.raises(Corrupted):
        _opened(_put_together(head, [*frames[:-1], others[-1]]))


def test_another_recovery_key_opens_nothing_and_is_told_so() -> None:
    with pytest.raises(NotProven) as told:
        _opened(_sealed(_TEXT), RecoveryKey.draw())
    assert told.value.code == "recovery_key_wrong"


def test_who_knows_the_public_half_alone_cannot_make_a_backup() -> None:
    forged = _sealed(_TEXT, half=RecoveryHalf(_HALF.public, bytes(32)))
    check_digest(io.BytesIO(forged))
    with pytest.raises(Corrupted) as told:
        _opened(forged)
    assert told.value.code == "backup_damaged"


@pytest.mark.parametrize("data", [b"", b"DB", b"PK\x03\x04 something else", MAGIC[:-1] + b"\x02"])
def test_what_is_no_backup_is_told_so(data: bytes) -> None:
    for read in (check_digest, lambda file: list(read_sealed(file, _KEY))):
        with pytest.raises(BadInput) as told:
            read(io.BytesIO(data))
        assert told.value.code == "not_a_backup"


@settings(deadline=None, max_examples=60)
@given(plain=st.binary(max_size=600), piece=st.integers(1, 200))
def test_whatever_was_sealed_comes_out_again(plain: bytes, piece: int) -> None:
    sealed = _sealed(plain, piece)
    assert _opened(sealed) == plain
    assert check_digest(io.BytesIO(sealed)) == sealed[-DIGEST_LENGTH:]


@settings(deadline=None, max_examples=120)
@given(st.binary(max_size=300), st.integers(1, 90), st.data())
def test_whatever_is_changed_nothing_else_ever_comes_out(
    plain: bytes, piece: int, data: st.DataObject
) -> None:
    sealed = bytearray(_sealed(plain, piece))
    at = data.draw(st.integers(0, len(sealed) - DIGEST_LENGTH - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DrawbridgeError):
        _opened(_signed_again(bytes(sealed)))


def test_what_repeats_itself_takes_little_room() -> None:
    assert len(_sealed(b"an order like any other " * 100_000, 1 << 20)) < 60_000
