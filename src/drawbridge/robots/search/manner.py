"""How a search is to go about it. Nothing heavy is loaded here, because forms read it."""

from dataclasses import dataclass
from enum import StrEnum

from drawbridge.core.errors import BadInput


class Objective(StrEnum):
    """What is to be as large as possible: profit, profit for its ups and downs, or for its fall."""

    PROFIT = "profit"
    SHARPE = "sharpe"
    CALMAR = "calmar"


class Method(StrEnum):
    """How settings are chosen: all of them, by lot, or by what did well so far."""

    GRID = "grid"
    RANDOM = "random"
    OPTUNA = "optuna"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a search goes about it.

    Units: `out_of_sample` is the share of candles that judge; `tries` is for drawn methods.
    """

    method: Method = Method.GRID
    objective: Objective = Objective.SHARPE
    tries: int = 200
    out_of_sample: float = 0.3
    folds: int = 4
    seed: int = 1
    workers: int = 1

    def __post_init__(self) -> None:
        """Refuse what makes no search. Raises: `BadInput` naming the field."""
        for name in ("tries", "folds", "workers"):
            if getattr(self, name) < 1:
                raise BadInput("not_positive", field=name)
