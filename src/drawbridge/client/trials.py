"""The operations of the group “trials”."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import Reason

Method = Literal["grid", "random", "optuna"]
Objective = Literal["profit", "sharpe", "calmar"]
TrialStatus = Literal["wished", "running", "done", "failed", "stopped"]


class CandleSource(TypedDict):
    """Candles that a trial can be run on, by the name that `candles` of a trial takes."""

    name: str


class Sheet(TypedDict):
    """What came of a trial; null while nothing did."""

    trial_id: str
    status: TrialStatus
    sheet: Mapping[str, Any] | None


class TrialAsked(TypedDict):
    """A trial."""

    candles: NotRequired[str]
    interval: NotRequired[str]
    last: NotRequired[str]
    strategy: NotRequired[str]
    settings: NotRequired[Mapping[str, str | int | float]]
    guards: NotRequired[Mapping[str, str | int | float]]
    terms: NotRequired[Mapping[str, str | int | float]]
    vary: NotRequired[Mapping[str, str]]
    method: NotRequired[Method]
    objective: NotRequired[Objective]
    tries: NotRequired[str]
    folds: NotRequired[str]
    out_of_sample: NotRequired[str]


class TrialTold(TypedDict):
    """A trial as it stands: so many of so many `runs` are `done`."""

    id: str
    wish: Mapping[str, Any]
    status: TrialStatus
    done: int
    runs: int
    reason: Reason | None
    created_ms: int
    changed_ms: int


class TrialsOperations:
    """The operations of the group “trials”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_candle_sources(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[CandleSource]:
        """List the recordings and the stored candles."""
        told: Page[CandleSource] = self._calling.ask(
            "GET", "/candles", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def list_trials(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[TrialTold]:
        """List the trials, newest first."""
        told: Page[TrialTold] = self._calling.ask(
            "GET", "/trials", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def order_trial(self, wish: TrialAsked, *, idempotency_key: str = "") -> TrialTold:
        """Order a backtest, or with `vary` a search."""
        told: TrialTold = self._calling.ask(
            "POST", "/trials", {}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def get_trial(self, trial: str) -> TrialTold:
        """Give one trial; while it is under way, look again."""
        told: TrialTold = self._calling.ask("GET", "/trials/{trial}", {"trial": trial})
        return told

    def delete_trial(self, trial: str) -> None:
        """Delete a trial; one under way is stopped by that."""
        self._calling.ask("DELETE", "/trials/{trial}", {"trial": trial})

    def get_sheet(self, trial: str) -> Sheet:
        """Give what came of a trial: figures, equity, trades."""
        told: Sheet = self._calling.ask("GET", "/trials/{trial}/sheet", {"trial": trial})
        return told

    def stop_trial(self, trial: str, *, idempotency_key: str = "") -> TrialTold:
        """Stop a trial; one that has ended stays as it is."""
        told: TrialTold = self._calling.ask(
            "POST", "/trials/{trial}/stop", {"trial": trial}, idempotency_key=idempotency_key
        )
        return told
