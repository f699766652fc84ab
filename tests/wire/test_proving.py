"""Whose a request is: stamps and proofs, each way in which they can be wrong."""

import pytest

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Hmac, hexadecimal
from drawbridge.wire.dialect import Claim
from drawbridge.wire.proving import check_proof, check_stamp
from drawbridge.wire.stamps import StampKind, StampRule

KNOWN = Hmac(Secret("known").reveal().encode(), "sha256", hexadecimal)
OTHER = Hmac(b"other", "sha256", hexadecimal)
NOW_MS = 1_763_000_000_000
TIME, NONCE = StampRule(StampKind.TIME), StampRule(StampKind.NONCE)
PAYLOAD, PASSPHRASE = b"what is signed", "open sesame"


def claim(
    signer: Hmac = KNOWN,
    *,
    stamp: str = str(NOW_MS),
    passphrase: str | None = None,
    signed: bytes | None = None,
) -> Claim:
    return Claim("key", stamp, signer.sign(PAYLOAD), passphrase, None, signed)


@pytest.mark.parametrize("stamp", ["", "x", "-1", "1" * 21])
@pytest.mark.parametrize("rule", [TIME, NONCE])
def test_a_stamp_that_is_none_is_refused(rule: StampRule, stamp: str) -> None:
    with pytest.raises(BadInput):
        check_stamp(rule, claim(stamp=stamp), NOW_MS)


@pytest.mark.parametrize(
    ("off_ms", "code"), [(-6_000, "stale_stamp"), (1_000, "stamp_ahead"), (10**9, "stamp_ahead")]
)
def test_a_time_that_is_not_now_is_refused(off_ms: int, code: str) -> None:
    with pytest.raises(NotProven, match=code):
        check_stamp(TIME, claim(stamp=str(NOW_MS + off_ms)), NOW_MS)


def test_a_good_stamp_is_given_as_a_number_and_a_nonce_is_of_no_time() -> None:
    assert check_stamp(TIME, claim(), NOW_MS) == NOW_MS
    assert check_stamp(NONCE, claim(stamp="7"), NOW_MS) == 7


@pytest.mark.parametrize("payload", [b"", b"what is signee", PAYLOAD + b" "])
def test_another_payload_than_the_signed_one_is_refused(payload: bytes) -> None:
    with pytest.raises(NotProven, match="bad_signature"):
        check_proof(claim(), payload, KNOWN, None)


@pytest.mark.parametrize(
    "told",
    [
        claim(),
        claim(passphrase=""),
        claim(passphrase="open sesamf"),
        claim(signed=OTHER.sign(PASSPHRASE.encode())),
        claim(passphrase=PASSPHRASE, signed=b"nothing"),
    ],
)
def test_a_wrong_passphrase_is_refused_plain_or_signed(told: Claim) -> None:
    with pytest.raises(NotProven, match="bad_passphrase"):
        check_proof(told, PAYLOAD, KNOWN, PASSPHRASE)


def test_a_wrong_signature_is_told_before_a_wrong_passphrase() -> None:
    with pytest.raises(NotProven, match="bad_signature"):
        check_proof(claim(OTHER), PAYLOAD, KNOWN, PASSPHRASE)


def test_what_is_right_passes() -> None:
    check_proof(claim(), PAYLOAD, KNOWN, None)
    check_proof(claim(passphrase=PASSPHRASE), PAYLOAD, KNOWN, PASSPHRASE)
    check_proof(claim(signed=KNOWN.sign(PASSPHRASE.encode())), PAYLOAD, KNOWN, PASSPHRASE)
