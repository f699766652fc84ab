"""When a key ends, what its robots do before, and trades on its account from elsewhere."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.key_views import view_key
from drawbridge.vault.lives import MOST_PAUSE_DAYS, LifeWish, day_of
from drawbridge.vault.model import IN_USE, KeyRecord
from drawbridge.vault.roles import kin_of, reader_among
from drawbridge.wording.say import say

_FIELDS: Final = ("made", "pause_days", "closes", "watched")
_MOST_TRADES: Final = 100
_ON: Final = "on"


@dataclass(frozen=True, slots=True)
class LifePages:
    """The page of a key's end, and of what others do on its account."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show when a key ends, what was chosen for it, and trades from elsewhere."""
        return await self._show(visit, Form())

    async def change(self, visit: Visit, fields: Fields) -> Response:
        """Write down what the person chose."""
        wish = LifeWish(
            made=fields.line("made"),
            pause_days=fields.line("pause_days"),
            closes=fields.line("closes") == _ON,
            watched=fields.line("watched") == _ON,
        )
        try:
            key = await self.house.lives.change(visit.person.account, _id(visit), wish)
        except DrawbridgeError as error:
            key = await self._key(visit)
            shown = _FIELDS if _asks_made(key) else _FIELDS[1:]
            form = refused(error, shown, fields.keep(*_FIELDS))
            return await self._show(visit, form, error.http_status)
        return go(f"/keys/{key.id}/life", "key_life_saved")

    async def _key(self, visit: Visit) -> KeyRecord:
        return await self.house.vault.get_key(visit.person.account, _id(visit))

    async def _show(self, visit: Visit, form: Form, status: int = 200) -> Response:
        key = await self._key(visit)
        mine = await self.house.vault.list_keys(visit.person.account)
        facts = {
            "key": view_key(key),
            "dated": say(f"key_life.dated.{key.life.dated}") if key.life.dated else "",
            "pauses_ms": key.pauses_ms,
            "account": key.account_hint,
            "shared": ", ".join(it.label for it in kin_of(key, mine)),
            "read_with": reader_among(key, mine).label,
            "asks_made": _asks_made(key),
            "chosen": _chosen(key),
            "most": MOST_PAUSE_DAYS,
            "trades": await self.house.foreign_trades.list_of(key, _MOST_TRADES),
            "is_looked_at": key.status in IN_USE,
            "form": form,
        }
        return self.site.page(visit, "keys/life.html", facts, status)


def _asks_made(key: KeyRecord) -> bool:
    """Tell whether it counts when the key was made."""
    has_rule = bool(get_card(key.exchange).expiry.without_ip_list_days)
    return has_rule or key.life.made_ms is not None


def _chosen(key: KeyRecord) -> dict[str, str]:
    life = key.life
    return {
        "made": "" if life.made_ms is None else day_of(life.made_ms),
        "pause_days": str(life.pause_before_ms // DAY_MS),
        "closes": _ON if life.closes else "",
        "watched": _ON if life.watched else "",
    }


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["key"])
