"""Requests of all of a person's bots: looked through, and taken along as a file."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response, StreamingResponse

from drawbridge.app.build import House
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.fields import Form, refused
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.searching import (
    ON_A_PAGE,
    asked_of,
    file_headers,
    filters_of,
    older_than,
)
from drawbridge.entrypoints.web.virtual_key_views import request_view, view_of
from drawbridge.gateway.crossing_log import Outcome
from drawbridge.gateway.crossings import (
    LoggedCrossing,
    Query,
    find_crossings,
    list_rules,
    read_day,
    read_number,
    read_outcome,
    walk_crossings,
)
from drawbridge.statistics.crossing_file import write_columns, write_crossings
from drawbridge.storage.acting import gone_on
from drawbridge.virtual_keys.words import rule_words
from drawbridge.wording.say import say

_FIELDS: Final = ("virtual", "outcome", "rule", "day")
# So few that nobody else waits while they are written.
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class CrossingPages:
    """The page of requests, and its file."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show the requests that were looked for, the newest first."""
        asked = asked_of(visit, _FIELDS)
        try:
            query = await self._query(visit, asked)
        except DrawbridgeError as error:
            return await self._refuse(visit, asked, error)
        owner = visit.person.account
        found = await find_crossings(self.house.database, owner, query, ON_A_PAGE + 1)
        older = ""
        if len(found) > ON_A_PAGE:
            older = older_than(asked, found[ON_A_PAGE - 1].n)
        return await self._page(visit, Form(asked), found[:ON_A_PAGE], older)

    async def download(self, visit: Visit) -> Response:
        """Give the requests that were looked for as a file: all that the log holds."""
        asked = {**asked_of(visit, _FIELDS), "before": ""}
        try:
            query = await self._query(visit, asked)
        except DrawbridgeError as error:
            return await self._refuse(visit, asked, error)
        listed = await self.house.virtual_keys.list_virtual_keys(visit.person.account)
        labels = {str(it.virtual.id): it.virtual.label for it in listed}
        headers = file_headers("drawbridge-requests.csv")
        lines = gone_on(self._lines(visit.person.account, query, labels))
        return StreamingResponse(lines, media_type="text/csv", headers=headers)

    async def _lines(
        self, owner: str, query: Query, labels: Mapping[str, str]
    ) -> AsyncIterator[str]:
        begin = write_columns()
        async for found in walk_crossings(self.house.database, owner, query, _AT_ONCE):
            yield begin + write_crossings(found, labels)
            begin = ""
        if begin:
            yield begin

    async def _query(self, visit: Visit, asked: Mapping[str, str]) -> Query:
        owner, virtual_id = visit.person.account, asked["virtual"]
        if virtual_id:
            await self.house.virtual_keys.get(owner, virtual_id)
        return Query(
            virtual_id,
            read_outcome(asked["outcome"]),
            asked["rule"],
            read_day(asked["day"]),
            read_number(asked["before"]),
        )

    async def _refuse(
        self, visit: Visit, asked: Mapping[str, str], error: DrawbridgeError
    ) -> Response:
        form = refused(error, _FIELDS, asked, choices={"outcome": _outcomes()})
        return await self._page(visit, form, (), "", error.http_status)

    async def _page(
        self,
        visit: Visit,
        form: Form,
        found: tuple[LoggedCrossing, ...],
        older: str,
        status: int = 200,
    ) -> Response:
        owner, now_ms = visit.person.account, self.house.clock.now_ms()
        listed = await self.house.virtual_keys.list_virtual_keys(owner)
        views = [view_of(it.virtual, it.key_label, it.used_ms, now_ms) for it in listed]
        rules = await list_rules(self.house.database, owner)
        everything = ("", say("orders.everything"))
        facts = {
            "form": form,
            "virtuals": [everything, *((it.id, it.label) for it in views)],
            "outcomes": [everything, *_outcomes()],
            "rules": [everything, *((rule, rule_words(rule)) for rule in rules)],
            "views": {it.id: it for it in views},
            "requests": [(it.virtual_id, request_view(it)) for it in found],
            "older": older,
            "filters": filters_of(form.values, _FIELDS),
        }
        return self.site.page(visit, "virtual_keys/crossings.html", facts, status)


def _outcomes() -> list[tuple[str, str]]:
    return [(it.value, say(f"virtual_keys.outcome.{it.value}")) for it in Outcome]
