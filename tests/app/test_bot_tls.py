"""The files of TLS for bots: their modes, what is kept, and what is made anew."""

import os
import ssl
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from drawbridge.app.bot_tls import (
    authority_file,
    find_tls,
    keep_certificate,
    key_file,
    tls_address,
)
from drawbridge.app.clock import SystemClock
from drawbridge.app.settings import Settings
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import BadInput, Corrupted, Forbidden
from tests.kit.processes import READY_WITHIN_S, bots_address, free_port

NOW_MS = 1_795_000_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def _files(settings: Settings) -> tuple[bytes, bytes]:
    return key_file(settings).read_bytes(), authority_file(settings).read_bytes()


def test_without_a_certificate_there_is_no_tls(settings: Settings) -> None:
    assert find_tls(settings, NOW_MS) is None


def test_a_public_name_leaves_no_file_behind(settings: Settings) -> None:
    with pytest.raises(BadInput):
        keep_certificate(settings, ["example.com"], NOW_MS)
    assert not settings.data.exists()


def test_a_damaged_file_is_told_and_made_anew(settings: Settings) -> None:
    keep_certificate(settings, (), NOW_MS)
    key_file(settings).write_bytes(key_file(settings).read_bytes()[:-200])
    with pytest.raises(Corrupted) as told:
        find_tls(settings, NOW_MS)
    assert told.value.code == "proxy_tls_damaged"
    assert keep_certificate(settings, (), NOW_MS).is_new
    assert find_tls(settings, NOW_MS) is not None


def test_a_key_that_others_may_have_read_is_refused_and_made_anew(settings: Settings) -> None:
    keep_certificate(settings, (), NOW_MS)
    key_file(settings).chmod(0o640)
    with pytest.raises(Forbidden):
        find_tls(settings, NOW_MS)
    assert keep_certificate(settings, (), NOW_MS).is_new
    assert key_file(settings).stat().st_mode & 0o777 == 0o600


def test_the_files_are_their_owners_alone_and_no_key_of_the_authority_is_among_them(
    settings: Settings,
) -> None:
    kept = keep_certificate(settings, (), NOW_MS)
    assert kept.is_new
    assert {it.name for it in settings.data.iterdir()} == {"proxy-tls.pem", "proxy-ca.pem"}
    for path in settings.data.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    bundle, authority = _files(settings)
    assert bundle.count(b"BEGIN PRIVATE KEY") == 1
    assert b"PRIVATE" not in authority


def test_what_is_good_is_kept_and_a_lost_file_of_trust_comes_back_the_same(
    settings: Settings,
) -> None:
    keep_certificate(settings, ["a.internal"], NOW_MS)
    before = _files(settings)
    authority_file(settings).unlink()
    for names in ((), ["A.internal"]):
        assert not keep_certificate(settings, names, NOW_MS + 300 * DAY_MS).is_new
        assert _files(settings) == before


def test_what_ends_soon_is_made_anew_under_the_same_names(settings: Settings) -> None:
    first = keep_certificate(settings, ["a.internal"], NOW_MS)
    later_ms = first.ends_ms - 29 * DAY_MS
    found = find_tls(settings, later_ms)
    assert found is not None
    assert found.ends_soon
    again = keep_certificate(settings, (), later_ms)
    assert again.is_new
    assert again.names == ("localhost", "a.internal")
    assert again.ends_ms > first.ends_ms
    assert again.authority == first.authority


def test_other_names_and_another_address_make_it_anew(settings: Settings) -> None:
    keep_certificate(settings, ["a.internal"], NOW_MS)
    assert keep_certificate(settings, ["b.internal"], NOW_MS).names == ("localhost", "b.internal")
    elsewhere = replace(settings, proxy="127.0.0.9:9000")
    assert keep_certificate(elsewhere, (), NOW_MS).is_new
    assert tls_address(elsewhere) == "https://127.0.0.9:9100"


def test_nothing_older_than_tls_1_2_is_spoken(settings: Settings) -> None:
    keep_certificate(settings, (), NOW_MS)
    found = find_tls(settings, NOW_MS)
    assert found is not None
    assert found.context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_up_tells_where_bots_find_https_and_when_the_certificate_ends_soon(
    settings: Settings,
) -> None:
    settings = replace(settings, port=free_port(), proxy=bots_address())
    ten_days_left_ms = SystemClock().now_ms() - 387 * DAY_MS
    keep_certificate(settings, (), ten_days_left_ms)
    process = subprocess.Popen(
        [sys.executable, "-m", "drawbridge.app.up"],
        env={**os.environ, **settings.environment()},
        stdout=subprocess.PIPE,
        text=True,
    )
    # Whoever says nothing is not waited for.
    too_late = threading.Timer(READY_WITHIN_S, process.kill)
    too_late.start()
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if "drawbridge proxy tls" in line:
            process.terminate()
    too_late.cancel()
    process.stdout.close()
    assert process.wait(READY_WITHIN_S) == 0
    assert tls_address(settings) in told
    assert "The certificate for bots ends on" in told
