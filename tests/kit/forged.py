"""What a client believes: handshakes in memory, and certificates that nobody should have signed."""

import datetime as dt
import ssl
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM = serialization.Encoding.PEM


def forge(
    authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, name: str, at_ms: int
) -> bytes:
    """Sign for any name or address with an authority's own key; give the server's bundle."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.fromtimestamp(at_ms // 1_000, dt.UTC)
    told: x509.GeneralName = x509.DNSName(name)
    if not name[-1].isalpha():
        told = x509.IPAddress(ip_address(name))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "forged")]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .add_extension(x509.SubjectAlternativeName([told]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    plain = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return plain + certificate.public_bytes(_PEM)


def believe(server: Path, authority: bytes, name: str) -> str:
    """Let a client that trusts an authority meet a server; give the TLS they speak.

    Raises: `ssl.SSLCertVerificationError`, as OpenSSL and so most clients see it.
    """
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server)
    trusting = ssl.create_default_context(cadata=authority.decode())
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    there, here = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = trusting.wrap_bio(here, there, server_hostname=name)
    answering = serving.wrap_bio(there, here, server_side=True)
    for _ in range(4):
        for side in (asking, answering):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return asking.version() or ""
