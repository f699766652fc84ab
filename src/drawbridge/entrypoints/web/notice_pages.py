"""Notices: the list, where they go, and which kinds go where."""

from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.core.errors import DrawbridgeError, NotFound
from drawbridge.core.money import find_whole
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.notices.model import SWITCHABLE, Channel, Kept
from drawbridge.notices.words import words_of
from drawbridge.wording.say import say

_LISTED: Final = 50
_WAYS: Final = tuple(it for it in Channel if it is not Channel.PAGE)


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as the list shows it."""

    at_ms: int
    name: str
    words: str
    reason: str
    path: str
    is_read: bool


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a form of this page is shown with again after a refusal."""

    channel: str = ""
    form: Form = field(default_factory=Form)
    status: int = 200


@dataclass(frozen=True, slots=True)
class NoticePages:
    """The pages of notices."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show the newest notices; what is shown counts as seen by the next page."""
        owner, notices = visit.person.account, self.house.notices
        asked = visit.request.query_params.get("before", "")
        found = await notices.list_notices(owner, before=find_whole(asked), limit=_LISTED + 1)
        facts = {
            "notices": [_view(kept) for kept in found[:_LISTED]],
            "older": found[_LISTED - 1].n if len(found) > _LISTED else None,
        }
        return self.site.page(visit, "notices/list.html", facts)

    async def mark_read(self, visit: Visit, _fields: Fields) -> Response:
        """Count everything as seen."""
        await self.house.notices.mark_read(visit.person.account)
        return go("/notices")

    async def show_ways(self, visit: Visit) -> Response:
        """Show where notices go."""
        return await self._ways(visit, _Shown())

    async def set_way(self, visit: Visit, fields: Fields) -> Response:
        """Choose where notices go by one way; a webhook's new secret is shown this one time."""
        channel = _channel(visit)
        place, is_on = fields.line("place"), bool(fields.line("on"))
        try:
            owner = visit.person.account
            secret = await self.house.notices.set_way(owner, channel, place, is_on=is_on)
        except DrawbridgeError as error:
            form = refused(error, ("place",), fields.keep("place"))
            shown = _Shown(channel.value, form, error.http_status)
            return await self._ways(visit, shown)
        if secret is not None:
            facts = {"secret": secret.reveal()}
            return self.site.page(visit, "notices/secret.html", facts)
        return go("/notices/ways", "way_set")

    async def renew_secret(self, visit: Visit, _fields: Fields) -> Response:
        """Give the webhook another secret and show it this one time."""
        secret = await self.house.notices.renew_secret(visit.person.account)
        return self.site.page(visit, "notices/secret.html", {"secret": secret.reveal()})

    async def test(self, visit: Visit, _fields: Fields) -> Response:
        """Send a test by one way; what becomes of it is seen where it leads."""
        await self.house.notices.test(visit.person.account, _channel(visit))
        return go("/notices/ways", "test_sent")

    async def choose(self, visit: Visit, fields: Fields) -> Response:
        """Choose which kinds go by which way, all at once."""
        for channel in Channel:
            kinds = fields.chosen(channel.value)
            await self.house.notices.choose(visit.person.account, channel, kinds)
        return go("/notices/ways", "kinds_set")

    async def set_summary(self, visit: Visit, fields: Fields) -> Response:
        """Choose when the daily summary is told."""
        try:
            await self.house.notices.set_summary(visit.person.account, fields.line("summary"))
        except DrawbridgeError as error:
            form = refused(error, ("summary",), fields.keep("summary"))
            return await self._ways(visit, _Shown("summary", form, error.http_status))
        return go("/notices/ways", "summary_set")

    async def _ways(self, visit: Visit, shown: _Shown) -> Response:
        owner, notices = visit.person.account, self.house.notices
        ways = await notices.list_ways(owner)
        kinds = {it: await notices.kinds_of(owner, it) for it in Channel}
        facts = {
            "ways": [
                {
                    "channel": channel.value,
                    "is_on": ways[channel].is_on,
                    "is_open": channel in notices.reach.open_channels,
                    "place": ways[channel].place,
                    "has_secret": ways[channel].sealed is not None,
                    "form": shown.form
                    if shown.channel == channel.value
                    else Form(values={"place": ways[channel].place}),
                }
                for channel in _WAYS
            ],
            "kinds": [
                (kind.value, [(it.value, kind in kinds[it]) for it in Channel])
                for kind in SWITCHABLE
            ],
            "channels": [it.value for it in Channel],
            "summary_form": shown.form
            if shown.channel == "summary"
            else Form(values={"summary": await notices.summary_at(owner)}),
        }
        return self.site.page(visit, "notices/ways.html", facts, shown.status)


def _channel(visit: Visit) -> Channel:
    text = str(visit.request.path_params["channel"])
    if text not in set(_WAYS):
        raise NotFound("no_such_page")
    return Channel(text)


def _view(kept: Kept) -> NoticeView:
    words, notice = words_of(kept), kept.notice
    return NoticeView(
        at_ms=kept.last_ms,
        name=say(f"notice.name.{notice.kind.value}"),
        words=words.title,
        reason=words.reason,
        path=_path(notice.subject),
        is_read=kept.is_read,
    )


def _path(subject: str) -> str:
    """Give the page of what a notice is about, empty where there is none."""
    kind, _, name = subject.partition("_")
    if kind == "approval":
        return "/approvals"
    if subject.startswith(("key:", "robot:")):
        kind, _, subject = subject.partition(":")
        name = subject
    pages = {"robot": "/robots/", "key": "/keys/", "trial": "/lab/"}
    return f"{pages[kind]}{subject}" if kind in pages and name.isascii() else ""
