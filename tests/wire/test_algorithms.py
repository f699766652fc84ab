"""Algorithms sign what they verify, and refuse everything else by raising."""

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import (
    Ed25519,
    Es256,
    Hmac,
    RsaSha256,
    Signer,
    Verifier,
    asymmetric,
    base64_secret,
    ec_pem,
    ed25519_pair,
    hexadecimal,
    jwt_key,
    parse_private_key,
    parse_public_key,
    url_safe,
)

RSA_KEY = rsa.generate_private_key(65537, 2048)
ED_KEY = ed25519.Ed25519PrivateKey.generate()
PAIRS = [
    pytest.param(Hmac(b"key", "sha256", hexadecimal), id="hmac-sha256-hex"),
    pytest.param(Hmac(b"key", "sha512", base64.b64encode), id="hmac-sha512-base64"),
    pytest.param(Ed25519(ED_KEY), id="ed25519"),
    pytest.param(Ed25519(ED_KEY, url_safe), id="ed25519-jwt"),
    pytest.param(RsaSha256(RSA_KEY), id="rsa"),
    pytest.param(Es256(ec.generate_private_key(ec.SECP256R1())), id="es256"),
]


class Both(Signer, Verifier):
    """For the type checker: all of these sign and verify."""


@pytest.mark.parametrize("algorithm", PAIRS)
@given(payload=st.binary(min_size=1, max_size=64), at=st.integers(0, 10_000))
def test_any_change_of_the_payload_is_refused(algorithm: Both, payload: bytes, at: int) -> None:
    signature = algorithm.sign(payload)
    algorithm.verify(payload, signature)
    changed = bytearray(payload)
    changed[at % len(payload)] ^= 1
    with pytest.raises(NotProven, match="bad_signature"):
        algorithm.verify(bytes(changed), signature)


@pytest.mark.parametrize("algorithm", PAIRS)
@given(garbage=st.binary(max_size=80))
def test_garbage_is_a_bad_signature_and_nothing_worse(algorithm: Both, garbage: bytes) -> None:
    with pytest.raises(NotProven, match="bad_signature"):
        algorithm.verify(b"payload", garbage)


def test_hex_has_no_case_and_base64_has() -> None:
    hexed = Hmac(b"key", "sha256", hexadecimal)
    hexed.verify(b"x", hexed.sign(b"x").upper())
    based = Hmac(b"key", "sha256", base64.b64encode)
    with pytest.raises(NotProven):
        based.verify(b"x", based.sign(b"x").swapcase())


def pem(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_pem_may_have_been_pasted_with_any_line_ends(ends: str) -> None:
    key = parse_private_key(Secret("  \n" + pem(ED_KEY).replace("\n", ends) + "\n\n"))
    signature = asymmetric(key).sign(b"x")
    asymmetric(ED_KEY.public_key()).verify(b"x", signature)


def test_a_broken_pem_is_refused_without_quoting_it() -> None:
    planted = "-----BEGIN PRIVATE KEY-----\nplanted-secret\n-----END PRIVATE KEY-----"
    with pytest.raises(BadInput) as refusal:
        parse_private_key(Secret(planted))
    assert "planted" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_another_kind_of_key_is_refused() -> None:
    with pytest.raises(BadInput, match="wrong_key_kind"):
        parse_private_key(Secret(pem(ec.generate_private_key(ec.SECP256R1()))))
    with pytest.raises(BadInput, match="bad_public_key"):
        parse_public_key("not a key")
    with pytest.raises(BadInput, match="private_key_needed"):
        Ed25519(ED_KEY.public_key()).sign(b"x")


def test_a_short_rsa_key_is_refused() -> None:
    with pytest.raises(BadInput, match="rsa_key_size"):
        RsaSha256(rsa.generate_private_key(65537, 1024))  # noqa: S505  That is the point.


@pytest.mark.parametrize("text", ["not base64!", "YQ", "YQ==\n", "a=b"])
def test_a_secret_that_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="not_base64"):
        base64_secret(Secret(text))


# ----------------------------------------------------------------------------- keys of JWTs
EC_PEM = ec_pem(b"\x01" * 32)
ED_PAIR = ed25519_pair(b"\x02" * 32)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(EC_PEM, id="as issued"),
        pytest.param(EC_PEM.replace("\n", "\\n"), id="line breaks written out"),
        pytest.param(EC_PEM.replace("\n", "\r\n") + "\r\n", id="line breaks of another system"),
        pytest.param(EC_PEM.replace("\n", ""), id="line breaks lost"),
        pytest.param(EC_PEM.replace("\n", " "), id="line breaks made blanks"),
    ],
)
def test_a_p256_key_signs_however_it_was_pasted(text: str) -> None:
    signature = jwt_key(Secret(text)).sign(b"payload")
    assert signature == jwt_key(Secret(EC_PEM)).sign(b"payload")
    assert len(signature) == 86
    assert not set(b"+/=") & set(signature)


@given(payload=st.binary(max_size=64))
def test_of_two_right_signatures_the_lower_one_is_written(payload: bytes) -> None:
    signature = jwt_key(Secret(EC_PEM)).sign(payload)
    raw = base64.urlsafe_b64decode(signature + b"==")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    assert int.from_bytes(raw[32:], "big") <= order // 2


def test_a_seed_with_its_public_key_signs_as_jwts_want_it() -> None:
    signature = jwt_key(Secret(ED_PAIR)).sign(b"payload")
    usual = Ed25519(ed25519.Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)).sign(b"payload")
    assert signature == usual.translate(bytes.maketrans(b"+/", b"-_")).rstrip(b"=")


@pytest.mark.parametrize("secret", [EC_PEM, ED_PAIR], ids=["p256", "ed25519"])
def test_the_public_half_verifies_and_does_not_sign(secret: str) -> None:
    private = jwt_key(Secret(secret))
    key = (
        serialization.load_pem_private_key(EC_PEM.encode(), None)
        if secret is EC_PEM
        else ed25519.Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
    )
    public = jwt_key(
        Secret(
            key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )
    )
    public.verify(b"payload", private.sign(b"payload"))
    with pytest.raises(BadInput, match="private_key_needed"):
        public.sign(b"payload")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_private_key"),
        ("not a key at all", "bad_private_key"),
        (base64.b64encode(b"short").decode(), "bad_private_key"),
        (base64.b64encode(b"\x02" * 64).decode(), "broken_key_pair"),
        (ED_PAIR[:-6] + "AAAA==", "broken_key_pair"),
        (EC_PEM[:-20], "bad_private_key"),
        (EC_PEM.replace("M", "N", 1), "bad_private_key"),
        ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", "bad_private_key"),
    ],
)
def test_a_damaged_key_is_refused_without_quoting_it(text: str, code: str) -> None:
    with pytest.raises(BadInput, match=code) as refused:
        jwt_key(Secret(text))
    assert text[-30:-5] not in f"{refused.value}" or len(text) < 30


def test_a_key_of_another_kind_is_refused_by_name() -> None:
    pem = RSA_KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    with pytest.raises(BadInput, match="wrong_key_kind"):
        jwt_key(Secret(pem))
