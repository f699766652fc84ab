"""What ccxt's suite printed, method by method.

Its lines are markers with a method's name; a failure goes on over the lines of its traceback.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

_MARKER: Final = re.compile(
    r"\[(?:INFO|TEST_FAILURE|TEST_WARNING)\] *"
    r"(?P<what>TESTING DONE|TESTING FAILED|TESTING|UNSUPPORTED_TEST|SKIPPED_TEST|"
    r"UNIMPLEMENTED_TEST|IGNORED_TEST|NOT_SUPPORTED|)\s*"
)
_ENDED: Final = "END PUBLIC_TESTS"
_SUMMARY: Final = ("PUBLIC_TESTS", "PRIVATE_TESTS")
_MOST_TEXT: Final = 400
WHOLE: Final = "(the whole run)"


class State(Enum):
    """How a method came out; a later one of two outranks an earlier one here."""

    SKIPPED = "skipped"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One method of one run; `why` for what did not pass."""

    method: str
    state: State
    why: str = ""
    is_public: bool = True


_SKIPS: Final = {
    "UNSUPPORTED_TEST": "ccxt has no such call for this exchange",
    "UNIMPLEMENTED_TEST": "ccxt's suite has no test for it",
    "SKIPPED_TEST": "left out by skip-tests.json",
    "NOT_SUPPORTED": "ccxt does not support it for this market",
}


def read_outcomes(printed: str, name: str, *, finished: bool) -> tuple[Outcome, ...]:
    """Read what a run over the exchange of this name printed.

    `finished` tells whether the run came to its end; what was under way then failed.
    """
    found: dict[str, Outcome] = {}
    started: dict[str, bool] = {}
    last_public = printed.rfind(_ENDED)
    for position, marker in _markers(printed):
        # Private tests begin when all public ones have ended.
        is_public = last_public < 0 or position <= last_public
        method, outcome = _read(marker, name, is_public=is_public)
        if method not in {"", WHOLE, *_SUMMARY} and outcome is None:
            started[method] = is_public
        elif outcome is not None:
            found[method] = _graver(found.get(method), outcome)
    for method, is_public in started.items():
        if method not in found:
            why = "it did not come to an end" if not finished else "it was begun and never told of"
            found[method] = Outcome(method, State.FAILED, why, is_public)
    return tuple(found.values())


def _markers(printed: str) -> Iterator[tuple[int, str]]:
    """Cut the text into markers, each with the lines that follow it."""
    starts = [
        match.start() for match in re.finditer(r"^\[(?:INFO|TEST_)", printed, flags=re.MULTILINE)
    ]
    for start, end in zip(starts, [*starts[1:], len(printed)], strict=True):
        yield start, printed[start:end]


def _read(marker: str, name: str, *, is_public: bool) -> tuple[str, Outcome | None]:
    """Give the method that a marker is about, and its outcome where it tells one."""
    match = _MARKER.match(marker)
    rest = marker[match.end() :] if match else ""
    failing = marker.startswith(("[TEST_FAILURE]", "[TEST_WARNING]"))
    if not rest.startswith(f"{name} "):
        # A failure of no method is one of the whole run; a bare marker only repeats what was told.
        whole = marker.startswith("[TEST_FAILURE] ") and len(marker.split()) > 1
        return WHOLE, _failure(WHOLE, marker, is_public=is_public) if whole else None
    method = rest.removeprefix(f"{name} ").split(maxsplit=1)[0]
    if failing:
        told = _failure(method, rest, is_public=is_public)
        return method, None if method in _SUMMARY else told
    what = match["what"] if match else ""
    if what == "TESTING DONE":
        return method, Outcome(method, State.PASSED, "", is_public)
    if what in _SKIPS:
        return method, Outcome(method, State.SKIPPED, _SKIPS[what], is_public)
    return method if what == "TESTING" else "", None


def _failure(method: str, text: str, *, is_public: bool) -> Outcome:
    return Outcome(method, State.FAILED, _why(text), is_public)


def _why(text: str) -> str:
    """Give the last line that says something of a failure, cut to what can be read."""
    lines = [line.strip() for line in text.splitlines()]
    told = [line for line in lines if re.match(r"[\w.]+(Error|Exception|[A-Z]\w+):? ", line)]
    chosen = told[-1] if told else next((line for line in lines if line), "")
    # The suite adds the whole document that it looked at.
    chosen = chosen.partition(" <<< ")[0]
    return chosen if len(chosen) <= _MOST_TEXT else chosen[:_MOST_TEXT] + " …"


def _graver(known: Outcome | None, new: Outcome) -> Outcome:
    order = list(State)
    if known is None or order.index(new.state) > order.index(known.state):
        return new
    return known


def failed(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    """Give those that failed, by method."""
    return {it.method: it for it in outcomes if it.state is State.FAILED}
