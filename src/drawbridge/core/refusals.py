"""A no as a value: what a pure judge gives before anybody has to raise anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refused:
    """A no: the code of the error and the facts of the case."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
