"""Failures that are accepted, each with its reason: `tests/exchanges/<id>/accepted_failures.toml`.

Shape: `[[accepted]] suite method reason`, and either `says`, a part of what the failure says, or,
where only some checks of a method fail, `properties`: the names under which ccxt's own
skip-tests.json leaves such a check out. What is accepted and passes after all, or fails for
another reason, is a fault, so that no entry outlives its reason; with `sometimes = true`, which
stands beside `says`, it may pass, because it hangs on what the market does meanwhile.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tools.conformance.outcomes import Outcome, failed

_KEYS: Final = frozenset({"suite", "method", "reason", "says", "properties", "sometimes"})
SUITES: Final = ("rest", "ws")


@dataclass(frozen=True, slots=True)
class Accepted:
    """One failure that is as it should be."""

    suite: str
    method: str
    reason: str
    says: str = ""
    properties: tuple[str, ...] = ()
    sometimes: bool = False


def read_accepted(path: Path) -> tuple[Accepted, ...]:
    """Read an exchange's list; no file is an empty one.

    Raises: `ValueError` naming the entry that is not as it must be.
    """
    if not path.is_file():
        return ()
    return tuple(_read(row) for row in tomllib.loads(path.read_text("utf-8"))["accepted"])


def _read(row: Mapping[str, Any]) -> Accepted:
    entry = Accepted(
        suite=row.get("suite", ""),
        method=row.get("method", ""),
        reason=row.get("reason", ""),
        says=row.get("says", ""),
        properties=tuple(row.get("properties", ())),
        sometimes=row.get("sometimes", False),
    )
    told = entry.suite in SUITES and entry.method and entry.reason
    if not told or bool(entry.says) is bool(entry.properties) or set(row) - _KEYS:
        message = f"an accepted failure needs suite, method, reason, and says or properties: {row}"
        raise ValueError(message)
    return entry


def skips(entries: Iterable[Accepted], suite: str, without: str = "") -> dict[str, dict[str, str]]:
    """Write the checks that are left out, as skip-tests.json has them; `without` one method's."""
    told: dict[str, dict[str, str]] = {}
    for entry in entries:
        if entry.suite == suite and entry.properties and entry.method != without:
            named = told.setdefault(entry.method, {})
            named |= dict.fromkeys(entry.properties, entry.reason)
    return told


def find_faults(
    entries: Iterable[Accepted], suite: str, outcomes: Iterable[Outcome]
) -> tuple[str, ...]:
    """Give failures that nobody accepted, and accepted ones that there are none of."""
    whole = {it.method: it.says for it in entries if it.suite == suite and it.says}
    failures = failed(outcomes)
    new = [
        f"{method}: {it.why}"
        for method, it in failures.items()
        if method not in whole or whole[method] not in it.why
    ]
    always = {it.method for it in entries if it.method in whole and not it.sometimes}
    gone = [f"{method}: accepted, and passes" for method in sorted(always - set(failures))]
    return (*new, *gone)
