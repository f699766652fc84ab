"""One running bridge for all bots."""

from collections.abc import Iterator

import pytest

from tests.kit.proxied import Proxied, found_proxied


@pytest.fixture(scope="session")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """Give a paper exchange with the proxy before it."""
    with found_proxied(tmp_path_factory.mktemp("bridge")) as proxied:
        yield proxied
