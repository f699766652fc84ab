"""The operations of the group “limits”."""

from typing import NotRequired, TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import OnStop


class LimitsTold(TypedDict):
    """The limits of a subject; what is null is not limited."""

    subject: str
    name: str
    position: str | None
    day_loss: str | None
    open_orders: int | None
    open_value: str | None
    collar: str | None
    changed_ms: int


class LimitsWish(TypedDict):
    """Limits in place of those there were; what is left out is not limited."""

    position: NotRequired[str]
    day_loss: NotRequired[str]
    open_orders: NotRequired[str]
    open_value: NotRequired[str]
    collar: NotRequired[str]


class StopTold(TypedDict):
    """Whether trading has stopped; `is_everybodys` where whoever runs this machine stopped it."""

    is_stopped: bool
    is_everybodys: bool
    is_cancelling: bool
    since_ms: int | None


class TradingStop(TypedDict):
    """What is to happen besides: cancel open orders, stop the robots, close what they hold."""

    cancel_orders: NotRequired[bool]
    stop_robots: NotRequired[bool]
    on_stop: NotRequired[OnStop | None]


class LimitsOperations:
    """The operations of the group “limits”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_limits(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[LimitsTold]:
        """List what is limited."""
        told: Page[LimitsTold] = self._calling.ask(
            "GET", "/limits", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def set_limits(self, subject: str, wish: LimitsWish) -> LimitsTold:
        """Limit a key or a robot."""
        told: LimitsTold = self._calling.ask(
            "PUT", "/limits/{subject}", {"subject": subject}, wish=wish
        )
        return told

    def clear_limits(self, subject: str) -> None:
        """Take all limits off a key or a robot."""
        self._calling.ask("DELETE", "/limits/{subject}", {"subject": subject})

    def get_stop(self) -> StopTold:
        """Tell whether trading has stopped."""
        told: StopTold = self._calling.ask("GET", "/stop", {})
        return told

    def stop(self, wish: TradingStop | None = None, *, idempotency_key: str = "") -> StopTold:
        """Keep everything from entering, at once; closing and reducing stay possible."""
        told: StopTold = self._calling.ask(
            "POST", "/stop", {}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def resume(self, *, idempotency_key: str = "") -> StopTold:
        """Let trading go on."""
        told: StopTold = self._calling.ask("POST", "/resume", {}, idempotency_key=idempotency_key)
        return told
