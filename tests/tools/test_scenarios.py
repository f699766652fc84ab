"""Every scenario is proven where it says; a proof that lacks, or a reason too many, is found."""

from pathlib import Path
from textwrap import dedent

import pytest

from tests.architecture.tree import ROOT
from tools.scenarios import Ground, Scenarios, document, find_proofs, find_wrong, read_scenarios

MAKEFILE = "OVER_SERVER := tests/rows tests/odd/test_b*.py\nIN_CLUSTER := tests/rows/test_one.py\n"
SCENARIOS = """
[titles]
1 = "one"
2 = "two"

[[reasons]]
ground = "cluster"
why = "it is alone"
scenarios = [2]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    put(tmp_path, "scenarios.toml", SCENARIOS)
    return tmp_path


def put(root: Path, name: str, text: str) -> None:
    file = root / "tests" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text))


def wrong(root: Path) -> list[str]:
    return find_wrong(read_scenarios(root / "tests/scenarios.toml"), find_proofs(root))


def grounds(root: Path) -> dict[tuple[int, str], set[str]]:
    return {(it.scenario, it.path): {g.value for g in it.grounds} for it in find_proofs(root)}


def test_what_nobody_proves_is_found(root: Path) -> None:
    assert wrong(root) == [
        "1: not proven over a file, and nobody says why",
        "1: not proven over a server, and nobody says why",
        "1: not proven in a cluster, and nobody says why",
        "2: not proven over a file, and nobody says why",
        "2: not proven over a server, and nobody says why",
    ]


def test_a_reason_that_is_none_any_more_is_found(root: Path) -> None:
    put(root, "rows/test_one.py", 'def test_it() -> None:\n    """Scenarios 1 and 2."""\n')
    assert wrong(root) == ["2: proven in a cluster, and there is a reason why not"]


def test_a_scenario_that_is_none_is_found(root: Path) -> None:
    put(root, "rows/test_one.py", 'def test_it() -> None:\n    """Scenarios 1 to 3."""\n')
    assert "3: there is no such scenario" in wrong(root)


def test_two_reasons_for_one_thing_are_found(root: Path) -> None:
    scenarios = read_scenarios(root / "tests/scenarios.toml")
    twice = Scenarios(scenarios.titles, [*scenarios.reasons, *scenarios.reasons])
    assert "2: two reasons for in a cluster" in find_wrong(twice, [])


def test_a_gap_in_the_numbers_is_refused(root: Path) -> None:
    put(root, "scenarios.toml", SCENARIOS.replace("2 =", "3 ="))
    with pytest.raises(ValueError, match="gap"):
        read_scenarios(root / "tests/scenarios.toml")


def test_a_test_stands_where_the_makefile_lets_it_and_no_mark_forbids_it(root: Path) -> None:
    marked = """
        @in_a_file("why")
        async def test_it() -> None:
            \"""In short. Scenario 1, and 2.\"""
    """
    put(root, "rows/test_one.py", '"""Scenario 1."""\ndef test_it() -> None: ...\n')
    put(root, "rows/test_two.py", marked)
    put(root, "odd/test_bee.py", 'def test_it() -> None:\n    """Scenario 2: as it is."""\n')
    put(root, "odd/test_ant.py", 'def test_it() -> None:\n    """No scenario of ours."""\n')
    assert grounds(root) == {
        (1, "tests/rows/test_one.py"): {"file", "server", "cluster"},
        (1, "tests/rows/test_two.py"): {"file"},
        (2, "tests/rows/test_two.py"): {"file"},
        (2, "tests/odd/test_bee.py"): {"file", "server"},
    }


def test_who_starts_a_server_or_a_cluster_stands_there_in_any_run(root: Path) -> None:
    own = 'def test_it(postgres_url: str) -> None:\n    """Scenario 1."""\n'
    put(root, "odd/test_ant.py", own)
    cluster = "from tests.kit.cluster_here import found_cluster\ndef test_it() -> None:\n"
    put(root, "odd/test_cow.py", f'{cluster}    """Scenario 2."""\n')
    assert grounds(root) == {
        (1, "tests/odd/test_ant.py"): {"server"},
        (2, "tests/odd/test_cow.py"): {"server", "cluster"},
    }


def test_every_scenario_is_proven_everywhere_or_it_is_said_why_not() -> None:
    assert wrong(ROOT) == []


def test_the_page_tells_every_scenario_and_every_test_of_a_file() -> None:
    told = document(ROOT)
    titles = read_scenarios(ROOT / "tests/scenarios.toml").titles
    assert all(f"| {n} | {title} |" in told for n, title in titles.items())
    assert "a deleted secret is overwritten on disk" in told
    assert f"not {Ground.FILE}" not in told
