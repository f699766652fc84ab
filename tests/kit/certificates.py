"""An authority made for a test, and a server's certificate by it."""

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: tuple[str, ec.EllipticCurvePrivateKey],
    ip: str | None,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    issuer_name, issuer_key = issuer
    is_authority = ip is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if ip is not None:
        names = x509.SubjectAlternativeName([_named(ip)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def authority_and_server(folder: Path, ip: str) -> tuple[str, ssl.SSLContext]:
    """Give an authority as PEM, and the TLS of a server at this address that it vouches for."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = ("authority", authority_key)
    authority = _certificate("authority", authority_key, issuer, None)
    certificate = _certificate("server", server_key, issuer, ip)
    chain = folder / "server.pem"
    pem = serialization.Encoding.PEM
    chain.write_bytes(_key_pem(server_key) + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return authority.public_bytes(pem).decode(), context


@dataclass(frozen=True)
class Member:
    """The files of one process of a cluster."""

    certificate: Path
    key: Path
    authority: Path


def cluster_of(folder: Path, name: str) -> Member:
    """Write a certificate for an address or a name, its key, and who vouches for it."""
    folder.mkdir(parents=True, exist_ok=True)
    authority_key, own_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = ("cluster", authority_key)
    pem = serialization.Encoding.PEM
    files = Member(folder / "cluster.pem", folder / "cluster.key", folder / "cluster-ca.pem")
    files.certificate.write_bytes(_certificate("process", own_key, issuer, name).public_bytes(pem))
    files.authority.write_bytes(
        _certificate("cluster", authority_key, issuer, None).public_bytes(pem)
    )
    files.key.touch(mode=0o600)
    files.key.write_bytes(_key_pem(own_key))
    return files
