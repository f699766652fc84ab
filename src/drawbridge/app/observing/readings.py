"""What can be read off a process: counts, states and times, as plain values.

The words that tell values of one name apart come from closed lists, which `LABELS` names: never an
owner, a key, a robot, an account or an address of a person.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from drawbridge.core.measures import Spread

LABELS: Final = frozenset(
    {
        "code",
        "exchange",
        "level",
        "outcome",
        "process",
        "rule",
        "state",
        "status",
        "venue",
        "version",
        "what",
    }
)
"""All names of labels there are."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How often something happened since the process began."""

    name: str
    labels: tuple[str, ...]
    values: Mapping[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class States:
    """How much of something there is now."""

    name: str
    labels: tuple[str, ...]
    values: Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took since the process began."""

    name: str
    labels: tuple[str, ...]
    spreads: Mapping[tuple[str, ...], Spread]


Reading: TypeAlias = Counts | States | Times
Source: TypeAlias = Callable[[], Awaitable[Sequence[Reading]]]
"""What is asked each time when somebody wants to read."""


def state(name: str, value: float) -> States:
    """Give a state that stands alone."""
    return States(name, (), {(): value})
