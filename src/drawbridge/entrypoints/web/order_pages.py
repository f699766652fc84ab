"""All orders of a person: looked through, and taken along as a file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.app.narrowing import key_and_origin
from drawbridge.catalogue.registry import get_card
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
from drawbridge.statistics.order_file import write_orders
from drawbridge.trading.history import (
    PastOrder,
    Query,
    Standing,
    read_cursor,
    read_standing,
)
from drawbridge.wording import formats
from drawbridge.wording.say import has_words, say, say_reason

_FIELDS: Final = ("text", "key", "robot", "standing")
_IN_A_FILE: Final = 100_000


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as a row shows it."""

    at_ms: int
    symbol: str
    where: str
    side: str
    how: str
    asked: str
    filled: str
    state: str
    reason: str
    wanted_by: str
    robot: str
    client_id: str
    order_id: str


@dataclass(frozen=True, slots=True)
class OrderPages:
    """The page of orders, and its file."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show the orders that were looked for, the newest first."""
        asked = asked_of(visit, _FIELDS)
        try:
            query = await self._query(visit.person.account, asked)
            found = await self._find(visit, query, ON_A_PAGE + 1)
        except DrawbridgeError as error:
            form = refused(error, _FIELDS, asked, choices={"standing": _standings()})
            return await self._page(visit, form, (), "", error.http_status)
        older = ""
        if len(found) > ON_A_PAGE:
            older = older_than(asked, found[ON_A_PAGE - 1].cursor)
        return await self._page(visit, Form(asked), found[:ON_A_PAGE], older)

    async def download(self, visit: Visit) -> Response:
        """Give the orders that were looked for as a file."""
        asked = {**asked_of(visit, _FIELDS), "before": ""}
        try:
            query = await self._query(visit.person.account, asked)
            found = await self._find(visit, query, _IN_A_FILE)
        except DrawbridgeError as error:
            form = refused(error, _FIELDS, asked, choices={"standing": _standings()})
            return await self._page(visit, form, (), "", error.http_status)
        keys = await self.house.vault.list_keys(visit.person.account)
        labels = {str(key.id): key.label for key in keys}
        headers = file_headers("drawbridge-orders.csv")
        return Response(write_orders(found, labels), media_type="text/csv", headers=headers)

    async def _query(self, owner: str, asked: Mapping[str, str]) -> Query:
        key_id, origin = await key_and_origin(
            self.house.vault, self.house.robots, owner, asked["key"], asked["robot"]
        )
        return Query(
            key_id,
            origin,
            read_standing(asked["standing"]),
            asked["text"],
            read_cursor(asked["before"]),
        )

    async def _find(self, visit: Visit, query: Query, limit: int) -> tuple[PastOrder, ...]:
        return await self.house.history.find(visit.person.account, query, limit)

    async def _page(
        self,
        visit: Visit,
        form: Form,
        found: Iterable[PastOrder],
        older: str,
        status: int = 200,
    ) -> Response:
        owner = visit.person.account
        keys = await self.house.vault.list_keys(owner)
        robots = await self.house.robots.list_robots(owner)
        names = {robot.origin: robot.name for robot in robots}
        everything = ("", say("orders.everything"))
        facts = {
            "form": form,
            "keys": [everything, *((key.id, key.label) for key in keys)],
            "robots": [everything, *((robot.id, robot.name) for robot in robots)],
            "standings": _standings(),
            "orders": [_view(it, names) for it in found],
            "older": older,
            "filters": filters_of(form.values, _FIELDS),
        }
        return self.site.page(visit, "orders.html", facts, status)


def _standings() -> list[tuple[str, str]]:
    return [(it.value, say(f"orders.standing.{it.value}")) for it in Standing]


def _view(past: PastOrder, names: Mapping[str, str]) -> OrderView:
    order = past.order
    base, _, quote = order.symbol.partition(":")[0].partition("/")
    kind, _, robot = order.origin.partition(":")
    origin = f"orders.by.{kind}"
    if order.quantity is None:
        asked = f"{_told(order.quote_quantity)} {quote}"
    else:
        asked = f"{_told(order.quantity)} {base}"
    return OrderView(
        at_ms=order.intended_ms,
        symbol=order.symbol,
        where=f"{get_card(past.exchange).name} · {say(f'venue.{past.venue}')}",
        side=order.side.value,
        how=say(f"orders.type.{order.type.value}", price=_told(order.price), quote=quote),
        asked=asked,
        filled=f"{formats.amount(order.filled)} {base}",
        state=order.state.value,
        reason=say_reason(order.reason, {}) if order.reason else "",
        wanted_by=names.get(order.origin) or (say(origin) if has_words(origin) else order.origin),
        robot=robot if order.origin in names else "",
        client_id=order.client_id,
        order_id=order.order_id,
    )


def _told(amount: Decimal | None) -> str:
    return "" if amount is None else formats.amount(amount)
