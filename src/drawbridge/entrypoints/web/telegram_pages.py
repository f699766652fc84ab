"""Telegram: link a chat by a code that is shown once, and end the link."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from drawbridge.accounts.telegram_links import link_address
from drawbridge.app.build import House
from drawbridge.app.telegram_notices import end_notices
from drawbridge.core.errors import Conflict, DrawbridgeError
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.qr import draw_qr
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.notices.model import Channel

_CODE: Final = ("code",)


@dataclass(frozen=True, slots=True)
class TelegramPages:
    """The pages of the link."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show which chat is linked."""
        return await self._show(visit, Form())

    async def draw(self, visit: Visit, fields: Fields) -> Response:
        """Show a code this one time, on a code of the authenticator.

        Why: a linked chat outlives the session that made it.
        """
        owner = visit.person.id
        try:
            if not self._is_open:
                raise Conflict("channel_not_set_up", channel=Channel.TELEGRAM.value)
            await self.house.accounts.check_second_factor(owner, fields.line("code"))
        except DrawbridgeError as error:
            return await self._show(visit, refused(error, _CODE, {}), error.http_status)
        code = await self.house.telegram.draw_code(owner)
        address = link_address(await self.house.telegram.bot_name(), code)
        facts = {
            "code": code.reveal(),
            "address": address,
            "qr": draw_qr(address) if address else "",
        }
        return self.site.page(visit, "telegram/code.html", facts)

    async def unlink(self, visit: Visit, _fields: Fields) -> Response:
        """End the link."""
        owner = visit.person.id
        link = await self.house.telegram.find(owner)
        await self.house.telegram.unlink(owner)
        if link is not None:
            await end_notices(self.house.notices, owner, link.chat)
        return go("/telegram", "telegram_unlinked")

    @property
    def _is_open(self) -> bool:
        return Channel.TELEGRAM in self.house.notices.reach.open_channels

    async def _show(self, visit: Visit, form: Form, status: int = 200) -> Response:
        facts = {
            "link": await self.house.telegram.find(visit.person.id),
            "is_open": self._is_open,
            "form": form,
        }
        return self.site.page(visit, "telegram/show.html", facts, status)
