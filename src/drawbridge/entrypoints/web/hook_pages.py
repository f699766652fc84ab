"""A robot's hook: what to paste into TradingView, shown with its secret this one time."""

from dataclasses import dataclass

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.entrypoints.pages.fields import Fields
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.robots.model import Robot
from drawbridge.robots.wishes import check_listens
from drawbridge.trading.hook_message import hook_address, hook_message
from drawbridge.trading.signals import Signal
from drawbridge.wording.say import say, say_reason


@dataclass(frozen=True, slots=True)
class HookPages:
    """The pages of hooks."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show whether there is a hook, and what came by it."""
        robot = await self._robot(visit)
        hook = await self.house.signals.find_hook(robot.owner, robot.id)
        signals = await self.house.signals.list_signals(robot.owner, robot.id)
        facts = {
            "robot": robot,
            "hook": hook,
            "address": hook_address(self.house.settings.public_address, hook.id) if hook else "",
            "signals": [_row(signal) for signal in signals],
        }
        return self.site.page(visit, "robots/hook.html", facts)

    async def make(self, visit: Visit, _fields: Fields) -> Response:
        """Make a hook, and show its address and its message this one time."""
        robot = await self._robot(visit)
        check_listens(robot)
        made = await self.house.signals.make_hook(robot.owner, robot.id, robot.name)
        facts = {
            "robot": robot,
            "address": hook_address(self.house.settings.public_address, made.hook.id),
            # The one moment at which the secret is shown: it stands in the message to paste.
            "message": hook_message(made.secret.reveal()),
        }
        return self.site.page(visit, "robots/hook_made.html", facts)

    async def remove(self, visit: Visit, _fields: Fields) -> Response:
        """Take the hook away: what still comes by it is refused."""
        robot = await self._robot(visit)
        await self.house.signals.remove_hook(robot.owner, robot.id)
        return go(f"/robots/{robot.id}/hook", "hook_removed")

    async def _robot(self, visit: Visit) -> Robot:
        robot_id = str(visit.request.path_params["robot"])
        return await self.house.robots.get_robot(visit.person.account, robot_id)


def _row(signal: Signal) -> dict[str, object]:
    if signal.acted_ms is None:
        fate = say("hook.waiting")
    elif signal.outcome:
        fate = say_reason(signal.outcome, {"field": "time", "most": 0})
    else:
        fate = say("hook.acted")
    return {
        "received_ms": signal.received_ms,
        "action": signal.action.value,
        "price": signal.price,
        "fate": fate,
    }
