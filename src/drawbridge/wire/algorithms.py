"""The signing algorithms that exchanges use, each as a prepared object.

Keys are parsed once, when the object is made: parsing a PEM key anew for every request costs a
hundred times the signature. A signer gives the signature as the text that travels, before any
percent-encoding. Verifying raises; it never gives back a bool that somebody forgets to look at.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret

_RSA_BITS: Final = range(2048, 8193)
_ES256_BYTES = 32
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_BAD_SIGNATURE = "bad_signature"
# Asked for by name, a hash costs four times as much to make as these; with its block in bytes.
_HASHES: Final = {
    "sha256": (hashlib.sha256, 64),
    "sha384": (hashlib.sha384, 128),
    "sha512": (hashlib.sha512, 128),
}
_INNER_PAD: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD: Final = bytes(byte ^ 0x5C for byte in range(256))
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_USUAL_LETTERS: Final = bytes.maketrans(b"-_", b"+/")
_SEED_BYTES: Final = 32
_PEM_BEGIN: Final = "-----BEGIN "
_PEM: Final = re.compile(r"-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----")

Encoding = Callable[[bytes], bytes]
PrivateKey = ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
PublicKey = ed25519.Ed25519PublicKey | rsa.RSAPublicKey


class Signer(Protocol):
    """Sign bytes with a key that was prepared beforehand."""

    def sign(self, payload: bytes) -> bytes:
        """Give the signature as ASCII text."""


class Verifier(Protocol):
    """Check signatures with a key that was prepared beforehand."""

    def verify(self, payload: bytes, signature: bytes) -> None:
        """Raise `NotProven("bad_signature")` unless the signature is right."""


def hexadecimal(digest: bytes) -> bytes:
    """Write a digest in lower-case hex."""
    return digest.hex().encode("ascii")


class Hmac:
    """HMAC with prepared inner and outer hash states.

    Why: copying the two states costs a third of setting up the key for each message.
    """

    __slots__ = ("_encoding", "_fold_case", "_inner", "_outer")

    def __init__(self, key: bytes, digest: str, encoding: Encoding) -> None:
        """Prepare the key; `encoding` is `hexadecimal` or `base64.b64encode`."""
        make, size = _HASHES[digest]
        # RFC 2104: a key longer than a block is hashed, a shorter one filled up with zeros.
        padded = (make(key).digest() if len(key) > size else key).ljust(size, b"\0")
        self._inner = make(padded.translate(_INNER_PAD))
        self._outer = make(padded.translate(_OUTER_PAD))
        self._encoding = encoding
        # Hex has no case; base64 has.
        self._fold_case = encoding is hexadecimal

    def sign(self, payload: bytes) -> bytes:
        """Give the encoded HMAC of the payload."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(payload)
        outer.update(inner.digest())
        return self._encoding(outer.digest())

    def verify(self, payload: bytes, signature: bytes) -> None:
        """Compare in constant time. Raises: `NotProven("bad_signature")`."""
        told = signature.lower() if self._fold_case else signature
        if not hmac.compare_digest(self.sign(payload), told):
            raise NotProven(_BAD_SIGNATURE)


def url_safe(signature: bytes) -> bytes:
    """Write a signature in base64url without padding, as JWTs have theirs."""
    return base64.urlsafe_b64encode(signature).rstrip(b"=")


class Ed25519:
    """Ed25519 over the payload, written in base64 or, in JWTs, in base64url."""

    __slots__ = ("_encoding", "_key", "_public")

    def __init__(self, key: PrivateKey | PublicKey, encoding: Encoding = base64.b64encode) -> None:
        """Take a parsed key of either half; `encoding` is `base64.b64encode` or `url_safe`.

        Raises: `BadInput` for another kind of key.
        """
        self._encoding = encoding
        self._key: ed25519.Ed25519PrivateKey | None = None
        if isinstance(key, ed25519.Ed25519PrivateKey):
            self._key, self._public = key, key.public_key()
        elif isinstance(key, ed25519.Ed25519PublicKey):
            self._public = key
        else:
            raise BadInput("wrong_key_kind", field="private_key", wanted="Ed25519")

    def sign(self, payload: bytes) -> bytes:
        """Give the base64 signature. Raises: `BadInput` when made from a public key."""
        if self._key is None:
            raise BadInput("private_key_needed", field="private_key")
        return self._encoding(self._key.sign(payload))

    def verify(self, payload: bytes, signature: bytes) -> None:
        """Raise `NotProven("bad_signature")` unless right."""
        read = _from_url_safe if self._encoding is url_safe else _from_base64
        try:
            self._public.verify(read(signature), payload)
        except InvalidSignature:
            raise NotProven(_BAD_SIGNATURE) from None


class RsaSha256:
    """RSA PKCS#1 v1.5 over SHA-256, written in base64."""

    __slots__ = ("_key", "_public")

    def __init__(self, key: PrivateKey | PublicKey) -> None:
        """Take a parsed key of either half. Raises: `BadInput` for another kind or size."""
        self._key: rsa.RSAPrivateKey | None = None
        if isinstance(key, rsa.RSAPrivateKey):
            self._key, self._public = key, key.public_key()
        elif isinstance(key, rsa.RSAPublicKey):
            self._public = key
        else:
            raise BadInput("wrong_key_kind", field="private_key", wanted="RSA")
        if self._public.key_size not in _RSA_BITS:
            raise BadInput("rsa_key_size", field="private_key", bits=self._public.key_size)

    def sign(self, payload: bytes) -> bytes:
        """Give the base64 signature. Raises: `BadInput` when made from a public key."""
        if self._key is None:
            raise BadInput("private_key_needed", field="private_key")
        return base64.b64encode(self._key.sign(payload, padding.PKCS1v15(), hashes.SHA256()))

    def verify(self, payload: bytes, signature: bytes) -> None:
        """Raise `NotProven("bad_signature")` unless right."""
        try:
            self._public.verify(
                _from_base64(signature), payload, padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            raise NotProven(_BAD_SIGNATURE) from None


class Es256:
    """ECDSA over P-256 and SHA-256 in the fixed 64-byte form of JWTs, base64url unpadded."""

    __slots__ = ("_key", "_public")

    def __init__(self, key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) -> None:
        """Take a parsed key. Raises: `BadInput` for another curve."""
        if not isinstance(key.curve, ec.SECP256R1):
            raise BadInput("wrong_key_kind", field="private_key", wanted="P-256")
        self._key: ec.EllipticCurvePrivateKey | None = None
        if isinstance(key, ec.EllipticCurvePrivateKey):
            self._key, self._public = key, key.public_key()
        else:
            self._public = key

    def sign(self, payload: bytes) -> bytes:
        """Give the base64url signature. Raises: `BadInput` when made from a public key."""
        if self._key is None:
            raise BadInput("private_key_needed", field="private_key")
        # Deterministic (RFC 6979): no signature depends on the randomness of the moment, and
        # signing twice gives the same bytes.
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        r, s = decode_dss_signature(self._key.sign(payload, algorithm))
        # Of the two numbers that are equally right the lower one, so that there is one signature.
        s = min(s, _P256_ORDER - s)
        return url_safe(r.to_bytes(_ES256_BYTES, "big") + s.to_bytes(_ES256_BYTES, "big"))

    def verify(self, payload: bytes, signature: bytes) -> None:
        """Raise `NotProven("bad_signature")` unless right."""
        raw = _from_url_safe(signature)
        if len(raw) != 2 * _ES256_BYTES:
            raise NotProven(_BAD_SIGNATURE)
        r, s = int.from_bytes(raw[:_ES256_BYTES], "big"), int.from_bytes(raw[_ES256_BYTES:], "big")
        try:
            self._public.verify(encode_dss_signature(r, s), payload, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise NotProven(_BAD_SIGNATURE) from None


def ec_pem(seed: bytes) -> str:
    """Make a P-256 private key of 32 random bytes, as PEM in the older form that JWTs come with."""
    number = int.from_bytes(seed, "big") % (_P256_ORDER - 1) + 1
    key = ec.derive_private_key(number, ec.SECP256R1())
    written = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return written.decode("ascii").strip()


def ed25519_pair(seed: bytes) -> str:
    """Make an Ed25519 key of 32 random bytes: seed and public key together, in base64."""
    public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return base64.b64encode(seed + public).decode("ascii")


def public_half(secret: Secret) -> str:
    """Give the public key of what `ec_pem` or `ed25519_pair` made, as PEM.

    Why: whoever only checks signatures keeps nothing that could make one.
    """
    text = secret.reveal()
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    if text.startswith(_PEM_BEGIN):
        parsed = _parse_pem(text, "api_secret")
        if not isinstance(parsed, ec.EllipticCurvePrivateKey):
            raise BadInput("wrong_key_kind", field="api_secret", wanted="P-256")
        key = parsed
    else:
        key = _seeded(text, "api_secret")
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, form).decode("ascii").strip()


def sha256(data: bytes) -> bytes:
    """Give the SHA-256 digest."""
    return hashlib.sha256(data).digest()


def sha512(data: bytes) -> bytes:
    """Give the SHA-512 digest."""
    return hashlib.sha512(data).digest()


def parse_private_key(pem: Secret, field: str = "private_key") -> PrivateKey:
    """Parse an unencrypted PKCS#8 PEM, Ed25519 or RSA, whatever line ends it was pasted with.

    Raises: `BadInput("bad_private_key")`; the parser's own text is dropped, because it may
    quote what it read.
    """
    text = pem.reveal().replace("\r\n", "\n").replace("\r", "\n").strip() + "\n"
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadInput("bad_private_key", field=field) from None
    if not isinstance(key, ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey):
        raise BadInput("wrong_key_kind", field=field, wanted="Ed25519, RSA")
    return key


def parse_public_key(pem: str, field: str = "public_key") -> PublicKey:
    """Parse a PEM public key, Ed25519 or RSA. Raises: `BadInput("bad_public_key")`."""
    text = pem.replace("\r\n", "\n").replace("\r", "\n").strip() + "\n"
    try:
        key = serialization.load_pem_public_key(text.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadInput("bad_public_key", field=field) from None
    if not isinstance(key, ed25519.Ed25519PublicKey | rsa.RSAPublicKey):
        raise BadInput("wrong_key_kind", field=field, wanted="Ed25519, RSA")
    return key


def asymmetric(key: PrivateKey | PublicKey) -> Ed25519 | RsaSha256:
    """Prepare the algorithm that fits a parsed key."""
    if isinstance(key, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        return Ed25519(key)
    return RsaSha256(key)


def jwt_key(secret: Secret, field: str = "api_secret") -> Es256 | Ed25519:
    """Prepare a key that signs JWTs: P-256 in PEM, or Ed25519 as seed and public key in base64.

    A PEM may have lost its line breaks or have them written out, as in JSON files. Of
    either kind, a public key in PEM makes a verifier only.

    Raises: `BadInput` `bad_private_key`, `broken_key_pair`, `wrong_key_kind`.
    """
    text = secret.reveal().replace("\\n", "\n").strip()
    if not text.startswith(_PEM_BEGIN):
        return Ed25519(_seeded(text, field), url_safe)
    match _parse_pem(text, field):
        case ec.EllipticCurvePrivateKey() | ec.EllipticCurvePublicKey() as key:
            return Es256(key)
        case ed25519.Ed25519PrivateKey() | ed25519.Ed25519PublicKey() as key:
            return Ed25519(key, url_safe)
        case _:
            raise BadInput("wrong_key_kind", field=field, wanted="P-256, Ed25519")


def _seeded(text: str, field: str) -> ed25519.Ed25519PrivateKey:
    """Read seed and public key; both must belong together, or a letter was lost."""
    try:
        raw = base64.b64decode(text, validate=True)
        key = ed25519.Ed25519PrivateKey.from_private_bytes(raw[:_SEED_BYTES])
    except ValueError:
        raise BadInput("bad_private_key", field=field) from None
    if raw[_SEED_BYTES:] != key.public_key().public_bytes_raw():
        raise BadInput("broken_key_pair", field=field)
    return key


def _parse_pem(text: str, field: str) -> object:
    parts = _PEM.fullmatch(text)
    if parts is None:
        raise BadInput("bad_private_key", field=field)
    label, body = parts[1], "".join(parts[2].split())
    whole = f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode()
    try:
        if label == "PUBLIC KEY":
            return serialization.load_pem_public_key(whole)
        return serialization.load_pem_private_key(whole, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The parser's own text is dropped, because it may quote what it read.
        raise BadInput("bad_private_key", field=field) from None


def base64_secret(secret: Secret, field: str = "api_secret") -> bytes:
    """Decode a secret that exchanges give in base64. Raises: `BadInput("not_base64")`."""
    text = secret.reveal()
    if not _BASE64.fullmatch(text):
        raise BadInput("not_base64", field=field)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadInput("not_base64", field=field) from None


def _from_url_safe(text: bytes) -> bytes:
    padded = text + b"=" * (-len(text) % 4)
    return _from_base64(padded.translate(_USUAL_LETTERS))


def _from_base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise NotProven(_BAD_SIGNATURE) from None
