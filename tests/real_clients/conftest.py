"""One paper exchange for all tests with real clients; each test makes its own keys."""

from collections.abc import Iterator

import pytest

from tests.kit.processes import Paper


@pytest.fixture(scope="session")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    running = Paper(tmp_path_factory.mktemp("paper"))
    yield running
    assert running.process.stop() == 0
