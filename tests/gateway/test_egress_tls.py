"""The egress under TLS, with an authority made for the test."""

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drawbridge.core.errors import ExchangeDown
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.venues import Address
from drawbridge.wire.http import WireRequest
from tests.gateway.scripted_server import OK, Visit, scripted_server

POST = WireRequest("POST", b"/order", headers=((b"x-key", b"k"),), body=b"symbol=BTCUSDT")
SOON_MS = 5_000
AT_ONCE_MS = 80


async def _answer_ok(visit: Visit) -> None:
    await visit.say(OK)


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
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ip))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _authority_and_server(folder: Path, ip: str) -> tuple[str, ssl.SSLContext]:
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


async def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    _, context = _authority_and_server(tmp_path, "127.0.0.1")
    egress = Egress()
    async with scripted_server(_answer_ok, context) as server:
        with pytest.raises(ExchangeDown, match="certificate_refused"):
            await egress.send(server.address, POST, SOON_MS)
        assert not server.visits


async def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    authority, context = _authority_and_server(tmp_path, "127.0.0.2")
    egress = Egress(trusted_pem=authority)
    async with scripted_server(_answer_ok, context) as server:
        with pytest.raises(ExchangeDown, match="certificate_refused"):
            await egress.send(server.address, POST, SOON_MS)
        assert not server.visits


async def test_plain_text_is_not_spoken_where_tls_is_expected() -> None:
    egress = Egress()
    async with scripted_server(_answer_ok) as server:
        address = Address("127.0.0.1", server.port, tls=True, on_this_machine=True)
        with pytest.raises(ExchangeDown):
            await egress.send(address, POST, AT_ONCE_MS * 5)
        assert not server.visits


async def test_requests_cross_under_tls_and_keep_their_connection(tmp_path: Path) -> None:
    authority, context = _authority_and_server(tmp_path, "127.0.0.1")
    egress = Egress(trusted_pem=authority)
    async with scripted_server(_answer_ok, context) as server:
        for _ in range(3):
            answer = await egress.send(server.address, POST, SOON_MS)
            assert answer.status == 200
        assert server.connections == 1
    await egress.close()
