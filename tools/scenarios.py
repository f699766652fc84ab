"""Which test proves each acceptance scenario, and on what: rows in a file, on a server, a cluster.

Reads syntax trees, so that nothing has to run: a test's docstring names the scenario, the Makefile
says what runs over a server, and marks say what does not. Titles, and reasons where a scenario is
not proven on one of them, stand in tests/scenarios.toml.
"""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias

_NAMED: Final = re.compile(r"\b[Ss]cenarios? (\d+(?:(?:, and |, | and | to )\d+)*)")
_SPAN: Final = re.compile(r"(\d+)(?:(?: to )(\d+))?")
_LISTED: Final = re.compile(r"^([A-Z_]+) := (.*)$", re.MULTILINE)
# Whole programs, which `make bots` runs alone.
_BOTS: Final = "real_bots"
_OF_A_FILE: Final = "in_a_file"
# Who takes these starts a server of its own, and who imports this a whole cluster, in any run.
_OWN_SERVER: Final = frozenset({"postgres_url", "postgres_server"})
_OWN_CLUSTER: Final = "tests.kit.cluster_here"
_Test: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_HEAD: Final = """\
# Scenarios and their tests

What must be true of Drawbridge, and which tests prove it. `make check` runs all of them, with rows
in a file and one process; `make cluster` runs those of the second column with rows on a PostgreSQL
server, and those of the third with two workers and a front besides. A number is how many tests
prove a scenario there, and a letter says why none does: the reasons stand at the end.

This page is written by `python -m tools.make_reference` from what the tests say of themselves.

| | scenario | file | server | cluster | proven in `tests/` |
|---|---|---|---|---|---|
"""
_FILES_HEAD: Final = """
## One machine, by decision
Over a server no vault is locked with a passphrase: each worker opens it by itself, also at night
([0046](../decisions/0046-each-worker-opens-the-vault.md)). So the parts of scenarios 31, 32 and 34
that speak of a passphrase are proven with one process; all else of them is proven everywhere.

These tests hold for a file of rows alone, and `make cluster` leaves them out:

| in `tests/` | what is proven | why not over a server |
|---|---|---|
"""


class Ground(StrEnum):
    """What a test stands on."""

    FILE = "file"
    SERVER = "server"
    CLUSTER = "cluster"

    def __str__(self) -> str:
        """Say where a test is then."""
        return _SAID[self.value]


_SAID: Final[Mapping[str, str]] = {
    "file": "over a file",
    "server": "over a server",
    "cluster": "in a cluster",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """A test, or a whole file of them, that names a scenario."""

    scenario: int
    path: str
    grounds: frozenset[Ground]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why scenarios are not proven on a ground, where nothing would be different there."""

    ground: Ground
    why: str
    scenarios: frozenset[int]


@dataclass(frozen=True, slots=True)
class Scenarios:
    """What there is to be proven, and where that needs no second proof."""

    titles: Mapping[int, str]
    reasons: Sequence[Reason]


@dataclass(frozen=True, slots=True)
class _Runs:
    """What the Makefile lets run over a server, and in a cluster."""

    over_server: tuple[str, ...]
    in_cluster: tuple[str, ...]

    def grounds(self, path: str, *, of_a_file: bool) -> Iterator[Ground]:
        yield Ground.FILE
        if of_a_file:
            return
        if _is_among(path, self.over_server):
            yield Ground.SERVER
        if _is_among(path, self.in_cluster):
            yield Ground.CLUSTER


def read_scenarios(file: Path) -> Scenarios:
    """Read titles and reasons. Raises: ValueError where the numbers have a gap."""
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    titles = {int(number): title for number, title in told["titles"].items()}
    if list(titles) != list(range(1, len(titles) + 1)):
        message = f"{file.name}: titles are not numbered from 1 on without a gap"
        raise ValueError(message)
    reasons = [
        Reason(Ground(it["ground"]), it["why"], frozenset(it["scenarios"]))
        for it in told["reasons"]
    ]
    return Scenarios(titles, reasons)


def find_proofs(root: Path) -> list[Proof]:
    """Find every test below `root`/tests whose docstring names a scenario."""
    runs = _read_runs((root / "Makefile").read_text(encoding="utf-8"))
    files = (it for it in sorted((root / "tests").rglob("test_*.py")) if _BOTS not in it.parts)
    return list(chain.from_iterable(_proofs_in(root, file, runs) for file in files))


def find_wrong(scenarios: Scenarios, proofs: Iterable[Proof]) -> list[str]:
    """Tell which scenarios nobody proves, and which reasons lack or are none."""
    proven = {(proof.scenario, ground) for proof in proofs for ground in proof.grounds}
    excused = [(n, reason.ground) for reason in scenarios.reasons for n in reason.scenarios]
    wrong = [
        f"{n}: there is no such scenario" for n, _ in sorted(proven) if n not in scenarios.titles
    ]
    wrong += [
        f"{n}: two reasons for {g}" for n, g in sorted(set(excused)) if excused.count((n, g)) > 1
    ]
    for n in scenarios.titles:
        for ground in Ground:
            if (n, ground) in proven and (n, ground) in excused:
                wrong.append(f"{n}: proven {ground}, and there is a reason why not")
            elif (n, ground) not in proven and (n, ground) not in excused:
                wrong.append(f"{n}: not proven {ground}, and nobody says why")
    return wrong


def page(scenarios: Scenarios, proofs: Sequence[Proof]) -> str:
    """Write the table and the reasons."""
    letters = {id(it): chr(ord("a") + at) for at, it in enumerate(scenarios.reasons)}
    rows = []
    for n, title in scenarios.titles.items():
        own = [proof for proof in proofs if proof.scenario == n]
        cells = [_cell(n, ground, own, scenarios.reasons, letters) for ground in Ground]
        paths = dict.fromkeys(proof.path.removeprefix("tests/") for proof in own)
        rows.append(f"| {n} | {title} | {' | '.join(cells)} | {_listed(paths)} |\n")
    reasons = [f"- **{letters[id(it)]}** (not {it.ground}): {it.why}\n" for it in scenarios.reasons]
    return f"{_HEAD}{''.join(rows)}\n## Why not there\n{''.join(reasons)}"


def of_a_file(root: Path) -> str:
    """List the tests that hold for a file of rows alone, with the reason that each gives."""
    told = []
    for file in sorted((root / "tests").rglob("test_*.py")):
        path = file.relative_to(root / "tests").with_suffix("").as_posix()
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for test in (it for it in tree.body if isinstance(it, _Test)):
            told += [f"| `{path}` | {_words(test.name)} | {why} |\n" for why in _reasons(test)]
    return _FILES_HEAD + "".join(told)


def document(root: Path) -> str:
    """Write the page of this repository."""
    scenarios = read_scenarios(root / "tests/scenarios.toml")
    return f"{page(scenarios, find_proofs(root))}{of_a_file(root)}"


def _cell(
    n: int,
    ground: Ground,
    own: Sequence[Proof],
    reasons: Sequence[Reason],
    letters: Mapping[int, str],
) -> str:
    if count := sum(ground in proof.grounds for proof in own):
        return str(count)
    return ", ".join(letters[id(it)] for it in reasons if it.ground is ground and n in it.scenarios)


def _listed(paths: Iterable[str]) -> str:
    return ", ".join(f"`{path.removesuffix('.py')}`" for path in paths)


def _read_runs(makefile: str) -> _Runs:
    lists = {name: tuple(paths.split()) for name, paths in _LISTED.findall(makefile)}
    return _Runs(lists["OVER_SERVER"], lists["IN_CLUSTER"])


def _proofs_in(root: Path, file: Path, runs: _Runs) -> Iterator[Proof]:
    path = file.relative_to(root).as_posix()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    tests = [it for it in tree.body if isinstance(it, _Test) and it.name.startswith("test_")]
    own = frozenset({Ground.SERVER, Ground.CLUSTER}) if _starts_cluster(tree) else None
    whole = own or frozenset(runs.grounds(path, of_a_file=all(map(_is_of_a_file, tests))))
    yield from (Proof(n, path, whole) for n in _named(tree))
    for test in tests:
        found = own or frozenset(runs.grounds(path, of_a_file=_is_of_a_file(test)))
        if _takes(test) & _OWN_SERVER:
            found = found - {Ground.FILE} | {Ground.SERVER}
        yield from (Proof(n, path, found) for n in _named(test))


def _named(node: ast.Module | _Test) -> list[int]:
    told = " ".join((ast.get_docstring(node) or "").split())
    numbers: list[int] = []
    for listed in _NAMED.findall(told):
        for first, last in _SPAN.findall(listed):
            numbers += range(int(first), int(last or first) + 1)
    return list(dict.fromkeys(numbers))


def _takes(test: _Test) -> set[str]:
    return {argument.arg for argument in (*test.args.args, *test.args.kwonlyargs)}


def _is_of_a_file(test: _Test) -> bool:
    return bool(list(_reasons(test)))


def _reasons(test: _Test) -> Iterator[str]:
    """Give why a test is marked as one of a file alone."""
    for mark in test.decorator_list:
        if not isinstance(mark, ast.Call) or not isinstance(mark.func, ast.Name):
            continue
        if mark.func.id == _OF_A_FILE and isinstance(mark.args[0], ast.Constant):
            yield str(mark.args[0].value)


def _words(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def _starts_cluster(tree: ast.Module) -> bool:
    return any(isinstance(it, ast.ImportFrom) and it.module == _OWN_CLUSTER for it in tree.body)


def _is_among(path: str, listed: Iterable[str]) -> bool:
    return any(path.startswith(f"{it}/") or fnmatch(path, it) for it in listed)
