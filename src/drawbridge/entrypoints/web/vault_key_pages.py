"""The vault's own key: who keeps what it is wrapped under, and a new one while it is in use.

For owners only, on a code. Nothing is opened here: passphrases are sealed to the gateway's process,
which carries out what is wished and tells how it went.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.app.presence import check_passphrase
from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.sealing.keepers import KEEPERS
from drawbridge.vault.rotations import find_rotation
from drawbridge.vault.unlock import (
    KEY_FILE,
    PASSPHRASE,
    KeepWish,
    VaultState,
    VaultStatus,
    Wish,
)
from drawbridge.wording.say import say, say_reason

_HERE: Final = "/vault/key"
_WAYS: Final = (PASSPHRASE, KEY_FILE, *KEEPERS)
# What a key file says it is wrapped under, by the name that people choose.
_WRAPS: Final = {"argon2id": PASSPHRASE, "none": KEY_FILE}
_SHOWN: Final = {
    "rotate": ("passphrase", "code"),
    "destroy": ("code",),
    "keep": ("keeper", "passphrase", "new_passphrase", "code"),
}


@dataclass(frozen=True, slots=True)
class VaultKeyPages:
    """One page, and the three wishes that it takes."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show how the vault's key is kept, and how far a new one is."""
        return await self._page(visit, "", Form())

    async def rotate(self, visit: Visit, fields: Fields) -> Response:
        """Wish for a new key to lead."""

        async def wish() -> None:
            passphrase = _passphrase(await self._state(), fields)
            await self.house.door.ask(visit.person.id, Wish.ROTATE, passphrase)

        return await self._wished(visit, fields, "rotate", wish)

    async def destroy(self, visit: Visit, fields: Fields) -> Response:
        """Wish for the old key to end."""

        async def wish() -> None:
            rotation = await find_rotation(self.house.database)
            if rotation is not None:
                rotation.check_destroying()
            await self.house.door.ask(visit.person.id, Wish.DESTROY, None)

        return await self._wished(visit, fields, "destroy", wish)

    async def keep(self, visit: Visit, fields: Fields) -> Response:
        """Wish for the key file to be wrapped under something else."""

        async def wish() -> None:
            keeper = fields.line("keeper")
            if keeper not in _WAYS:
                raise BadInput("unknown_keeper", field="keeper", known=_WAYS)
            new = None
            if keeper == PASSPHRASE:
                check_passphrase(self.house.settings)
                new = Secret(fields.text("new_passphrase"))
            old = _passphrase(await self._state(), fields)
            told = KeepWish(keeper, old, new).written()
            await self.house.door.ask(visit.person.id, Wish.KEEP, told)

        return await self._wished(visit, fields, "keep", wish)

    async def _wished(
        self, visit: Visit, fields: Fields, what: str, wish: Callable[[], Awaitable[None]]
    ) -> Response:
        try:
            await self.house.accounts.check_second_factor(visit.person.id, fields.line("code"))
            await wish()
        except DrawbridgeError as error:
            choices = {"keeper": self._choices()}
            form = refused(error, _SHOWN[what], fields.keep("keeper"), choices=choices)
            return await self._page(visit, what, form, error.http_status)
        return go(_HERE)

    async def _state(self) -> VaultState:
        return await self.house.door.state()

    def _choices(self) -> list[tuple[str, str]]:
        ways = [it for it in _WAYS if it != PASSPHRASE or not self.house.settings.is_cluster]
        return [(name, say(f"vault_key.keeper_{name.replace('-', '_')}")) for name in ways]

    async def _page(self, visit: Visit, of: str, form: Form, status: int = 200) -> Response:
        """Show the page; `of` says to which of its forms a problem belongs."""
        state = await self._state()
        rotation = await find_rotation(self.house.database)
        facts = {
            "state": "working" if state.waiting else state.status.value,
            "is_open": state.status is VaultStatus.OPEN and state.has_holder,
            "needs_passphrase": state.needs_passphrase,
            "kept_in": _WRAPS.get(state.wrap, state.wrap),
            "problem": say_reason(state.error, state.error_facts) if state.error else "",
            "rotation": rotation if rotation and rotation.destroyed_ms is None else None,
            "keepers": self._choices(),
            "is_shared": self.house.settings.is_cluster,
            "forms_of": {name: form if name == of else Form() for name in _SHOWN},
        }
        return self.site.page(visit, "account/vault_key.html", facts, status)


def _passphrase(state: VaultState, fields: Fields) -> Secret | None:
    return Secret(fields.text("passphrase")) if state.needs_passphrase else None
