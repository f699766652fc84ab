"""Risk: the stop for everything, and the limits of keys and robots."""

import contextlib
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.core.errors import Conflict, DrawbridgeError, NotFound
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.robots.model import OnStop, RobotStatus
from drawbridge.trading.limit_service import LIMIT_FIELDS, limit_texts
from drawbridge.trading.limit_store import EVERYBODY, key_subject
from drawbridge.trading.limits import Limits
from drawbridge.wording.say import say

_AT_REST: Final = frozenset({RobotStatus.STOPPED, RobotStatus.STOPPING})


@dataclass(frozen=True, slots=True)
class SubjectView:
    """A key or a robot with its limits in words; `is_gone` where only its limits are left."""

    subject: str
    name: str
    kind: str
    texts: dict[str, str]
    is_gone: bool = False

    @property
    def words(self) -> str:
        """Give the limits that are set."""
        told = [f"{say(f'field.{name}')}: {text}" for name, text in self.texts.items() if text]
        return ", ".join(told)


@dataclass(frozen=True, slots=True)
class RiskPages:
    """The pages of limits and of the stop."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show the stop, and what is limited."""
        owner = visit.person.account
        stop = await self.house.limits.find_stop(owner)
        facts = {
            "stop": stop,
            "is_everybodys": stop is not None and stop.owner == EVERYBODY,
            "subjects": await self._subjects(owner),
        }
        return self.site.page(visit, "risk/show.html", facts)

    async def stop(self, visit: Visit, fields: Fields) -> Response:
        """Keep everything from entering, at once."""
        owner = visit.person.account
        cancel = bool(fields.line("cancel"))
        await self.house.limits.stop(owner, of=owner, cancel=cancel)
        close = bool(fields.line("close"))
        if fields.line("robots") or close:
            await self._stop_robots(owner, OnStop.MARKET if close else None)
        return go("/risk", "stopped_all")

    async def resume(self, visit: Visit, _fields: Fields) -> Response:
        """Let trading go on."""
        await self.house.limits.resume(visit.person.account, of=visit.person.account)
        return go("/risk", "resumed_all")

    async def show_limits(self, visit: Visit) -> Response:
        """Show the form of one subject's limits."""
        subject = await self._subject(visit, visit.request.query_params.get("of", ""))
        return self._form(visit, subject, Form(values=subject.texts))

    async def set_limits(self, visit: Visit, fields: Fields) -> Response:
        """Set a subject's limits; what is left empty is not limited."""
        subject = await self._subject(visit, fields.line("of"))
        texts = {name: fields.line(name) for name in LIMIT_FIELDS}
        try:
            await self.house.limits.set_limits(
                visit.person.account, subject.subject, subject.name, texts
            )
        except DrawbridgeError as error:
            form = refused(error, LIMIT_FIELDS, fields.keep(*LIMIT_FIELDS))
            return self._form(visit, subject, form, error.http_status)
        return go("/risk", "limits_set")

    def _form(self, visit: Visit, subject: SubjectView, form: Form, status: int = 200) -> Response:
        facts = {"subject": subject, "form": form, "names": LIMIT_FIELDS}
        return self.site.page(visit, "risk/limits.html", facts, status)

    async def _subject(self, visit: Visit, wanted: str) -> SubjectView:
        for subject in await self._subjects(visit.person.account):
            if subject.subject == wanted:
                return subject
        raise NotFound("no_limits")

    async def _subjects(self, owner: str) -> list[SubjectView]:
        """List every key and robot, and whatever else has limits."""
        limited = {it.subject: it for it in await self.house.limits.list_limits(owner)}
        there = [
            *((key_subject(it.id), it.label) for it in await self.house.vault.list_keys(owner)),
            *((it.origin, it.name) for it in await self.house.robots.list_robots(owner)),
        ]
        found = [
            _view(subject, name, limited[subject].limits if subject in limited else Limits())
            for subject, name in there
        ]
        left = limited.keys() - {subject for subject, _ in there}
        return found + [
            _view(it.subject, it.name, it.limits, is_gone=True)
            for it in limited.values()
            if it.subject in left
        ]

    async def _stop_robots(self, owner: str, on_stop: OnStop | None) -> None:
        for robot in await self.house.robots.list_robots(owner):
            if robot.status not in _AT_REST:
                # The runner may move it at this very moment; the stop keeps it from entering
                # all the same, and the page shows it still at work.
                with contextlib.suppress(Conflict):
                    await self.house.robots.stop(owner, robot.id, on_stop=on_stop)


def _view(subject: str, name: str, limits: Limits, *, is_gone: bool = False) -> SubjectView:
    return SubjectView(subject, name, subject.partition(":")[0], limit_texts(limits), is_gone)
