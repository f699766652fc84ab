"""First run, profile, the vault's door, the audit log."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.app.presence import check_passphrase
from drawbridge.audit.store import list_events, verify
from drawbridge.core.errors import BadInput, Corrupted, DrawbridgeError
from drawbridge.core.money import find_whole
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.pages.entrance import Entrance, read_new_password
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import LEAVE, LOG_IN, Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.event_views import view_event
from drawbridge.vault.unlock import VaultState, VaultStatus, Wish
from drawbridge.wording.say import say_error, say_reason

_WELCOME: Final = ("name", "password", "password_again")
_EVENTS = 50


@dataclass(frozen=True, slots=True)
class AccountPages:
    """The pages of the account."""

    site: Site
    house: House
    entrance: Entrance

    async def show_welcome(self, visit: Visit) -> Response:
        """Show the form that creates the owner; once there is one, the log-in instead."""
        if await self.house.accounts.has_owner():
            return go(LOG_IN)
        return self._welcome(visit, Form())

    async def welcome(self, visit: Visit, fields: Fields) -> Response:
        """Create the owner, log in, and lead on to the vault."""
        name = fields.line("name")
        try:
            password = read_new_password(fields)
            await self.house.accounts.create_owner(name, password, first=True)
            return await self.entrance.open_for(visit, name, password, "", "/vault")
        except DrawbridgeError as error:
            form = refused(error, _WELCOME, fields.keep("name"))
            return self._welcome(visit, form, error.http_status)

    async def show_log_in(self, visit: Visit) -> Response:
        """Show the log-in; before there is anybody, lead to the first run."""
        if not await self.house.accounts.has_owner():
            return go("/welcome")
        return await self.entrance.show(visit)

    async def show_profile(self, visit: Visit) -> Response:
        """Show the account."""
        keys = await self.house.vault.list_keys(visit.person.account)
        state = await self.house.door.state()
        facts = {"key_count": len(keys), "vault_state": _word_of(state)}
        return self.site.page(visit, "account/profile.html", facts)

    async def show_vault(self, visit: Visit) -> Response:
        """Show how the vault stands, with the form that it needs."""
        return await self._vault(visit, Form())

    async def show_vault_state(self, visit: Visit) -> Response:
        """Show only that the vault is at work; once it is not, ask the page to be read anew."""
        word = _word_of(await self.house.door.state())
        if word != "working":
            return Response(headers=LEAVE)
        return self.site.page(visit, "account/vault_state.html", {"state": word})

    async def open_vault(self, visit: Visit, fields: Fields) -> Response:
        """Ask for the vault to be made or unlocked."""
        try:
            state = await self.house.door.state()
            wish = Wish.CREATE if state.status is VaultStatus.ABSENT else Wish.UNLOCK
            passphrase = _read_passphrase(wish, fields)
            if wish is Wish.CREATE and passphrase is not None:
                check_passphrase(self.house.settings)
            await self.house.door.ask(visit.person.id, wish, passphrase)
        except DrawbridgeError as error:
            form = refused(error, ("passphrase",), fields.keep("how"))
            return await self._vault(visit, form, error.http_status)
        return go("/vault")

    async def show_audit(self, visit: Visit) -> Response:
        """Show the log; whether its chain is whole is found out when asked, it may be long."""
        asked = visit.request.query_params
        found = await list_events(
            self.house.database,
            visit.person.account,
            before=find_whole(asked.get("before", "")),
            limit=_EVENTS + 1,
        )
        facts: dict[str, object] = {
            "events": [view_event(event) for event in found[:_EVENTS]],
            "older": found[_EVENTS - 1].n if len(found) > _EVENTS else None,
            "verified": None,
            "problem": "",
        }
        if "verify" in asked:
            facts |= await self._verified()
        return self.site.page(visit, "audit.html", facts)

    async def _verified(self) -> dict[str, object]:
        try:
            return {"verified": await verify(self.house.database)}
        except Corrupted as error:
            return {"problem": say_error(error)}

    def _welcome(self, visit: Visit, form: Form, status: int = 200) -> Response:
        facts = {"form": form, "way": "account", "way_done": 0}
        return self.site.page(visit, "account/welcome.html", facts, status)

    async def _vault(self, visit: Visit, form: Form, status: int = 200) -> Response:
        state = await self.house.door.state()
        word = _word_of(state)
        problem = say_reason(state.error, state.error_facts) if state.error else ""
        facts = {
            "state": word,
            "problem": "" if word == "working" else problem,
            "form": form,
            "is_shared": self.house.settings.is_cluster,
        }
        return self.site.page(visit, "account/vault.html", facts, status)


def _word_of(state: VaultState) -> str:
    if not state.has_holder:
        return "unreachable"
    if state.waiting:
        return "working"
    return state.status.value


def _read_passphrase(wish: Wish, fields: Fields) -> Secret | None:
    if wish is Wish.CREATE and fields.text("how") == "file":
        return None
    passphrase = Secret(fields.text("passphrase"))
    if not len(passphrase):
        raise BadInput("passphrase_missing", field="passphrase")
    return passphrase
