"""Virtual keys of a Drawbridge elsewhere, with the names and methods of the house's own."""

from collections.abc import Mapping
from typing import Final

import orjson

from drawbridge.catalogue.drawing import DrawnSecrets
from drawbridge.client import every
from drawbridge.client.virtual_keys import VirtualKey as Told
from drawbridge.client.virtual_keys import VirtualKeyLimits, VirtualKeyMade, VirtualKeyWish
from drawbridge.core.errors import NotFound
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.cli.remote_accounts import MOST
from drawbridge.entrypoints.cli.remote_line import Line
from drawbridge.entrypoints.cli.remote_reading import read_as
from drawbridge.vault.model import fold_label
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.virtual_keys.service import Listed, Made
from drawbridge.virtual_keys.store import Use
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.virtual_keys.written import decode_restrictions

_NOBODY: Final = ""


class RemoteVirtualKeys:
    """The virtual keys elsewhere."""

    def __init__(self, line: Line) -> None:
        """Speak over a line."""
        self._line = line
        self._addresses: dict[str, str] = {}

    async def list_virtual_keys(self, _owner: str) -> tuple[Listed, ...]:
        """List the virtual keys, also revoked ones, oldest first."""
        labels = await self._line.ask(
            lambda client: {
                it["id"]: it["label"] for it in every(client.keys.list_keys, limit=MOST)
            }
        )
        return await self._line.ask(
            lambda client: tuple(
                Listed(_read(it), labels.get(it["key"], ""), it["used_ms"])
                for it in every(client.virtual_keys.list_virtual_keys, limit=MOST)
            )
        )

    async def find(self, owner: str, name: str) -> VirtualKey:
        """Find one by its id or, among those in use, by its name.

        Raises: `NotFound("unknown_virtual_key")`.
        """
        mine = [it.virtual for it in await self.list_virtual_keys(owner)]
        folded = fold_label(name)
        named = (it for it in mine if it.revoked_ms is None and fold_label(it.label) == folded)
        found = next((it for it in mine if it.id == name), next(named, None))
        if found is None:
            raise NotFound("unknown_virtual_key")
        return found

    async def make(
        self, _owner: str, key_id: str, wish: Wish, label: str = "", code: str = ""
    ) -> Made:
        """Make one; where its bot finds the exchange, `address_of` tells afterwards."""
        told_wish: VirtualKeyWish = {"key": key_id, "label": label, "code": code, **_told(wish)}
        made, address = await self._line.act(
            lambda client, once: _read_made(
                client.virtual_keys.make_virtual_key(told_wish, idempotency_key=once)
            )
        )
        self._addresses[made.virtual.id] = address
        return made

    def address_of(self, virtual_id: str) -> str:
        """Give where the bot of a virtual key just made finds its exchange."""
        return self._addresses[virtual_id]

    async def narrow(self, _owner: str, virtual_id: str, wish: Wish) -> VirtualKey:
        """Hold one to more than before."""
        told = _told(wish)
        return await self._line.act(
            lambda client, once: _read(
                client.virtual_keys.narrow_virtual_key(virtual_id, told, idempotency_key=once)
            )
        )

    async def revoke(self, _owner: str, virtual_id: str) -> VirtualKey:
        """End one for good."""
        return await self._line.act(
            lambda client, once: _read(
                client.virtual_keys.revoke_virtual_key(virtual_id, idempotency_key=once)
            )
        )

    async def uses(self, _owner: str, virtual_id: str, since_ms: int) -> tuple[Use, ...]:
        """Tell how one was used since then."""
        return await self._line.ask(
            lambda client: tuple(
                read_as(Use, it, {"virtual_id": virtual_id})
                for it in client.virtual_keys.list_virtual_key_uses(virtual_id, since_ms=since_ms)
            )
        )


def _read(told: Told) -> VirtualKey:
    # Restrictions are told as they stand on disk, and read back by whoever reads them there.
    rows = [{"number": it["number"], **it["facts"]} for it in told["restrictions"]]
    known: Mapping[str, object] = {
        "owner": _NOBODY,
        "key_id": told["key"],
        "public": told["public_key"],
        "restrictions": decode_restrictions(orjson.dumps(rows).decode()),
    }
    return read_as(VirtualKey, told, known)


def _read_made(told: VirtualKeyMade) -> tuple[Made, str]:
    fields = told["fields"]
    passphrase = fields.get("passphrase")
    drawn = DrawnSecrets(
        fields["api_key"],
        Secret(fields["api_secret"]),
        None if passphrase is None else Secret(passphrase),
    )
    return Made(_read(told["virtual_key"]), drawn), told["base_url"]


def _told(wish: Wish) -> VirtualKeyLimits:
    return {
        "scopes": list(wish.scopes),
        "pairs": list(wish.pairs),
        "order_sides": list(wish.sides),
        "order_types": list(wish.order_types),
        "largest_order": wish.largest_order,
        "open_exposure": wish.open_exposure,
        "day_turnover": wish.day_turnover,
        "collar": wish.collar,
        "addresses": list(wish.addresses),
        "days": list(wish.days),
        "hours": wish.hours,
        "expires_ms": wish.expires_ms,
        "rate": wish.rate,
    }
