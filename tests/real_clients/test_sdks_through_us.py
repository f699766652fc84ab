"""The exchanges' own Python SDKs with a virtual key, through the proxy to the paper exchange.

Scenario 78. The test is the very same as without us; only addresses and keys are others.
"""

from collections.abc import Iterator

import pytest

from tests.kit.proxied import Proxied, found_proxied
from tests.real_clients.test_sdks import test_an_sdk_reads_places_and_cancels

__all__ = ["test_an_sdk_reads_places_and_cancels"]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """Stand in for the paper exchange: the proxy before one."""
    with found_proxied(tmp_path_factory.mktemp("proxied")) as proxied:
        yield proxied


@pytest.fixture(scope="module")
def keys(paper: Proxied) -> Proxied:
    """Make virtual keys where the others make real ones."""
    return paper
