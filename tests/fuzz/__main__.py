"""Fuzz every reader of strangers' bytes: `python -m tests.fuzz [--runs N] [--only NAME]`.

Each target runs in a process of its own, because the fuzzer ends its process; a crash, a hang
(10 s) or more than 1 GiB of memory is reported with the bytes that caused it.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

HANGS_AFTER_S = 10
MOST_MIB = 1_024
LONGEST_BYTES = 2_048
_TOLD = 4_000


def main() -> int:
    """Run the targets in turn, or as a child one of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--runs", type=int, default=100_000, help="inputs for each target")
    parser.add_argument("--only", default="", help="targets whose name begins so")
    parser.add_argument("--target", default="", help=argparse.SUPPRESS)
    parser.add_argument("--found", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.target:
        _fuzz(given.target, given.runs, given.found)
        return 0
    names = [name for name in _names() if name.startswith(given.only)]
    if not names:
        parser.error(f"no target begins with {given.only}")
    failed = [name for name in names if not _run(name, given.runs)]
    _say(f"{len(names) - len(failed)} of {len(names)} targets held: {given.runs} inputs each")
    return min(1, len(failed))


def _names() -> list[str]:
    from tests.fuzz.targets import target_names  # noqa: PLC0415  a child imports it instrumented

    return target_names()


def _run(name: str, runs: int) -> bool:
    command = [sys.executable, "-m", "tests.fuzz", "--target", name, "--runs", str(runs)]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*command, "--found", f"{folder}/"], capture_output=True, check=False, text=True
        )
        causes = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    _say(f"{'held' if done.returncode == 0 else 'FAILED'}  {name}")
    if done.returncode:
        _say("\n".join((done.stdout[-_TOLD:], done.stderr[-_TOLD:], *map(repr, causes))))
    return done.returncode == 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _fuzz(name: str, runs: int, found: str) -> None:
    with atheris.instrument_imports(include=["drawbridge.exchanges", "drawbridge.wire"]):
        from tests.fuzz.targets import get_target  # noqa: PLC0415  instrumented while imported

        target = get_target(name)
    limits = [
        f"-runs={runs}",
        f"-timeout={HANGS_AFTER_S}",
        f"-rss_limit_mb={MOST_MIB}",
        f"-max_len={LONGEST_BYTES}",
        f"-artifact_prefix={found}",
        "-seed=1",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *limits], target)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
