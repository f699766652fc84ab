"""An authority of this machine: what it vouches for, and that nobody may believe it beyond."""

import ssl
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store

from drawbridge.app.clock import SystemClock
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import BadInput
from drawbridge.sealing.authority import authority_for, read_private_names, read_vouched, vouch
from tests.kit.forged import believe, forge

NOW_MS = SystemClock().now_ms()


@pytest.mark.parametrize(
    "name",
    [
        "api.binance.com",
        "example.org",
        "com",
        "internal",
        ".internal",
        "-x.internal",
        "x..internal",
        "*.internal",
        "api.binance.com.internal.example.org",
        "192.168.1.7",
        "x\n.internal",
        "x.internal.",
        "x y.test",
        "",
        "a" * 64 + ".test",
        ".".join(["abcdefghi"] * 30) + ".test",
        "straße.test",
    ],
)
def test_a_certificate_for_another_host_is_not_issued(name: str) -> None:
    with pytest.raises(BadInput) as refused:
        vouch([name], "127.0.0.1", NOW_MS)
    assert refused.value.code == "public_name"


@pytest.mark.parametrize("name", ["api.example.com", "localhost.example.com", "192.0.2.7"])
def test_the_authority_cannot_sign_for_a_public_host(tmp_path: Path, name: str) -> None:
    """Even with its key, which is thrown away."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority = authority_for(key, ("localhost", "bridge.internal"), NOW_MS)
    server = tmp_path / "server.pem"
    server.write_bytes(forge(authority, key, name, NOW_MS))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        believe(server, _pem(authority), name)


def test_what_lies_within_its_limits_is_believed_of_the_same_authority(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    authority = authority_for(key, ("localhost", "bridge.internal"), NOW_MS)
    server = tmp_path / "server.pem"
    server.write_bytes(forge(authority, key, "bridge.internal", NOW_MS))
    assert believe(server, _pem(authority), "bridge.internal") == "TLSv1.3"


def test_an_independent_verifier_holds_the_chain_to_be_good() -> None:
    bundle = vouch(["api.bridge.internal"], "127.0.0.5", NOW_MS)
    certificate, authority = x509.load_pem_x509_certificates(bundle)
    asking = PolicyBuilder().store(Store([authority])).time(datetime.now(UTC))
    subjects: tuple[x509.DNSName | x509.IPAddress, ...] = (
        x509.DNSName("localhost"),
        x509.DNSName("api.bridge.internal"),
        *(x509.IPAddress(ip_address(it)) for it in ("127.0.0.1", "::1", "127.0.0.5")),
    )
    for subject in subjects:
        assert asking.build_server_verifier(subject).verify(certificate, [])


def test_names_are_kept_once_in_order_and_localhost_is_among_them_anyway() -> None:
    given = [" B.internal", "a.test", "b.internal", "localhost"]
    assert read_private_names(given) == ("a.test", "b.internal")


def test_what_is_vouched_for_can_be_read_and_the_keys_are_fresh_each_time() -> None:
    first, second = (vouch(["a.test"], "127.0.0.1", NOW_MS) for _ in range(2))
    read = read_vouched(first)
    assert read.names == ("localhost", "a.test")
    assert 396 * DAY_MS < read.ends_ms - NOW_MS < 398 * DAY_MS
    # What clients are given to trust holds no key, and the bundle holds the server's alone.
    assert b"PRIVATE" not in read.authority
    assert first.count(b"BEGIN PRIVATE KEY") == 1
    assert first.count(b"PRIVATE KEY") == 2
    key, other = (load_pem_private_key(it, None).public_key() for it in (first, second))
    assert key != other
    assert key != x509.load_pem_x509_certificate(read.authority).public_key()
    assert read.authority != read_vouched(second).authority


def test_parts_that_do_not_fit_each_other_are_refused() -> None:
    first, second = (vouch((), "127.0.0.1", NOW_MS) for _ in range(2))
    cut = first.index(b"-----BEGIN CERT")
    for broken in (
        second[: second.index(b"-----BEGIN CERT")] + first[cut:],
        first[:cut],
        b"",
        b"x",
    ):
        with pytest.raises(ValueError, match=r"."):
            read_vouched(broken)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
