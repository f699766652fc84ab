"""Who else may use a file of keys, in each of the ways in which files are handed to a process."""

import stat
from pathlib import Path

import pytest

from drawbridge.core.errors import Forbidden
from drawbridge.sealing.private_files import is_exposed, read_private, write_private

_ROOT = 0
_US = 10_001


@pytest.mark.parametrize(
    ("mode", "owner", "reader"),
    [
        (0o644, _US, _US),
        (0o640, _US, _US),  # ours to close, so it has to be closed
        (0o440, _ROOT, _ROOT),
        (0o444, _ROOT, _US),
        (0o460, _ROOT, _US),
        (0o450, _ROOT, _US),
        (0o440, _US + 1, _US),  # somebody else's, who is not root
    ],
)
def test_what_others_may_use_is_exposed(mode: int, owner: int, reader: int) -> None:
    assert is_exposed(stat.S_IFREG | mode, owner=owner, reader=reader)


@pytest.mark.parametrize(
    ("mode", "owner", "reader"),
    [
        (0o600, _US, _US),
        (0o400, _ROOT, _ROOT),
        (0o440, _ROOT, _US),  # a secret of Kubernetes with fsGroup; a credential of systemd
        (0o640, _ROOT, _US),
    ],
)
def test_what_root_hands_to_us_alone_is_not(mode: int, owner: int, reader: int) -> None:
    assert not is_exposed(stat.S_IFREG | mode, owner=owner, reader=reader)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_private(path, b"thirty-two bytes")
    assert read_private(path) == b"thirty-two bytes"
    path.chmod(0o644)
    with pytest.raises(Forbidden) as told:
        read_private(path)
    assert told.value.code == "key_file_exposed"
