"""One paper exchange for all tests with real clients; each test makes its own keys.

It has no rate limits, so that a busy test proves something else than them; `limited` has.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.kit.processes import Paper
from tests.real_clients.bench import Bench, Desk, Keys


@pytest.fixture(scope="session")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    running = Paper(tmp_path_factory.mktemp("paper"), unlimited=True)
    yield running
    assert running.process.stop() == 0


@pytest.fixture(scope="session")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Bench]]:
    running = Paper(tmp_path_factory.mktemp("limited"))
    keys = Keys(running.state)
    yield lambda exchange_id: Bench(running, keys, exchange_id)
    keys.close()
    assert running.process.stop() == 0


@pytest.fixture(scope="session")
def keys(paper: Paper) -> Iterator[Keys]:
    made = Keys(paper.state)
    yield made
    made.close()


@pytest.fixture
def bench(paper: Paper, keys: Keys, exchange_id: str) -> Bench:
    return Bench(paper, keys, exchange_id)


@pytest.fixture
def desk(bench: Bench) -> Desk:
    return bench.desk()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is asked of no exchange; pytest would report it as skipped."""
    asked_of_none = [item for item in items if item.name.endswith("[NOTSET]")]
    if asked_of_none:
        config.hook.pytest_deselected(items=asked_of_none)
        items[:] = [item for item in items if not item.name.endswith("[NOTSET]")]
