"""A certificate for one server of this machine, by an authority that vouches for nothing else.

The authority's key lives as long as it takes to sign once. What its certificate lets it vouch for
is this machine and the names that were given; no name of the public internet can be given. Which
files hold what is not known here.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from drawbridge.core.clock import DAY_MS, HOUR_MS, SECOND_MS
from drawbridge.core.errors import BadInput

_IpAddress: TypeAlias = IPv4Address | IPv6Address

THIS_MACHINE: Final = "localhost"
_LOOPBACK: Final = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
_ALWAYS: Final = (ip_address("127.0.0.1"), ip_address("::1"))
# What no public name ends in: RFC 2606, 6761, 8375, and ICANN's resolution of July 2024.
_PRIVATE_ENDS: Final = (".localhost", ".internal", ".home.arpa", ".test")
_LONGEST_NAME: Final = 253
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
# As long as the clients that set a bound accept (398 days).
_VALID_MS: Final = 397 * DAY_MS
# For clients whose clock is behind.
_EARLIER_MS: Final = HOUR_MS
_PEM: Final = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a bundle of `vouch` says, without its key; `authority` is what clients trust."""

    names: tuple[str, ...]
    addresses: tuple[_IpAddress, ...]
    ends_ms: int
    authority: bytes


def read_private_names(texts: Sequence[str]) -> tuple[str, ...]:
    """Read names beside localhost. Raises: `BadInput("public_name")` unless no other may own it.

    Why no single words: an authority for the word `com` could vouch for all that ends in it.
    """
    names = {text.strip().lower() for text in texts} - {THIS_MACHINE}
    for name in names:
        is_name = len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None
        if not (is_name and name.endswith(_PRIVATE_ENDS)):
            raise BadInput("public_name", field="--name", name=name[:40])
    return tuple(sorted(names))


def vouch(names: Sequence[str], address: str, now_ms: int) -> bytes:
    """Make a server's key, its certificate, and the authority's, together in PEM form.

    Raises: `BadInput("public_name")`.
    Why the authority's key ends here: whoever found it on the disk could stand in for this server
    before every bot that trusts it, until that trust ends. To trust a new authority once in a year
    costs less than to keep such a key.
    """
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    known = (THIS_MACHINE, *read_private_names(names))
    authority = authority_for(authority_key, known, now_ms)
    addresses = sorted({*_ALWAYS, ip_address(address)}, key=str)
    certificate = (
        _begun("Drawbridge, for bots", authority.subject, key.public_key(), now_ms)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .add_extension(
            x509.SubjectAlternativeName(
                [*map(x509.DNSName, known), *(x509.IPAddress(it) for it in addresses)]
            ),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
    plain = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return plain + certificate.public_bytes(_PEM) + authority.public_bytes(_PEM)


def authority_for(
    key: ec.EllipticCurvePrivateKey, names: Sequence[str], now_ms: int
) -> x509.Certificate:
    """Make an authority's certificate; beyond loopback and these names, nobody may believe it."""
    name = "Drawbridge, this machine only"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    permitted = [*map(x509.DNSName, names), *(x509.IPAddress(it) for it in _LOOPBACK)]
    return (
        _begun(name, subject, key.public_key(), now_ms)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        # Critical: a client that does not understand the limits may not trust it without them.
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(key, hashes.SHA256())
    )


def read_vouched(bundle: bytes) -> Vouched:
    """Read what `vouch` made. Raises: `ValueError` where its parts are none or do not fit."""
    certificate, authority = x509.load_pem_x509_certificates(bundle)
    key = serialization.load_pem_private_key(bundle, None)
    try:
        certificate.verify_directly_issued_by(authority)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (InvalidSignature, TypeError, x509.ExtensionNotFound) as error:
        raise ValueError(str(error)) from error
    if key.public_key() != certificate.public_key():
        message = "the key is another one's"
        raise ValueError(message)
    return Vouched(
        names=tuple(names.get_values_for_type(x509.DNSName)),
        addresses=tuple(
            it
            for it in names.get_values_for_type(x509.IPAddress)
            if isinstance(it, IPv4Address | IPv6Address)
        ),
        ends_ms=int(certificate.not_valid_after_utc.timestamp()) * SECOND_MS,
        authority=authority.public_bytes(_PEM),
    )


def _begun(
    name: str, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now_ms: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_moment(now_ms - _EARLIER_MS))
        .not_valid_after(_moment(now_ms + _VALID_MS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _moment(at_ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at_ms // SECOND_MS, dt.UTC)
