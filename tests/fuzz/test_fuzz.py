"""The fuzzer's targets hold, and the fuzzer finds what does not.

`make fuzz` runs them long and guided by coverage; here each gets some thousand inputs in a moment.
"""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import get_target, target_names

_INPUTS = st.binary(max_size=300) | st.lists(
    st.sampled_from([b"\0", b"{", b"}", b'"', b"[", b"]", b":", b",", b"=", b"&", b"-", b"1e9"])
    | st.binary(max_size=6),
    max_size=40,
).map(b"".join)


@pytest.mark.parametrize("name", target_names())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=_INPUTS)
def test_whatever_a_stranger_sends_is_refused_by_name(name: str, data: bytes) -> None:
    get_target(name)(data)


def test_the_guided_fuzzer_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--runs", "500", "--only", "documents"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 targets held" in done.stdout
