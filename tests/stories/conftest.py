"""What stories about bots begin with: a paper exchange, and Drawbridge in front of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.proxied import Proxied, found_proxied


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Proxied]:
    with found_proxied(tmp_path) as standing:
        yield standing
