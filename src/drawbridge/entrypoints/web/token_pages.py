"""Tokens for programs: which there are, make one with few rights, revoke one."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from drawbridge.accounts.api_tokens import ApiToken, TokenScope, scopes_of
from drawbridge.accounts.roles import Role
from drawbridge.app.build import House
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.second_factor import take_code
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Person, Visit
from drawbridge.wording.say import say

_HERE: Final = "/security/tokens"
_SHOWN: Final = ("name", "scopes", "expires", "code")
_DAYS: Final = ("7", "30", "90", "365")
_USUAL_DAYS: Final = "90"


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as the table shows it."""

    id: str
    name: str
    scopes: str
    created_ms: int
    expires_ms: int
    used_ms: int | None
    has_ended: bool


@dataclass(frozen=True, slots=True)
class TokenPages:
    """The page of tokens and its forms."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """List the tokens beside the form that makes one."""
        return await self._page(visit, Form())

    async def make(self, visit: Visit, fields: Fields) -> Response:
        """Make a token and show it, this one time."""
        try:
            token, text = await self._made(visit.person, fields)
        except DrawbridgeError as error:
            ticked = frozenset(fields.chosen("scopes"))
            form = refused(error, _SHOWN, fields.keep("name", "expires"), ticked)
            return await self._page(visit, form, error.http_status)
        shown = {"token": _view(token, token.created_ms), "text": text.reveal()}
        return self.site.page(visit, "tokens/made.html", shown)

    async def revoke(self, visit: Visit, fields: Fields) -> Response:
        """End a token at once."""
        await self.house.tokens.revoke(visit.person.id, fields.text("token"))
        return go(_HERE, "token_revoked")

    async def _made(self, person: Person, fields: Fields) -> tuple[ApiToken, Secret]:
        days = fields.line("expires")
        lives_ms = int(days) * DAY_MS if days in _DAYS else 0
        wish = (person.id, fields.line("name"), fields.chosen("scopes"), lives_ms)
        if person.second_factor:
            # A session alone makes no token: it would outlive the session by months.
            check = self.house.tokens.check(*wish)
            await take_code(self.house.accounts, person.id, fields, after=check)
        return await self.house.tokens.make(*wish)

    async def _page(self, visit: Visit, form: Form, status: int = 200) -> Response:
        now_ms = self.house.clock.now_ms()
        tokens = await self.house.tokens.list_tokens(visit.person.id)
        facts = {
            "tokens": [_view(token, now_ms) for token in tokens],
            "form": form,
            "scopes": _choices(visit.person.role),
            "lives": [(days, say("span.days", count=int(days))) for days in _DAYS],
            "usual": _USUAL_DAYS,
            "address": f"{self.house.settings.public_address}/api/v1",
        }
        return self.site.page(visit, "tokens/list.html", facts, status)


def _choices(role: Role) -> list[tuple[str, str]]:
    """Give the rights to tick; looking is in every token and is no choice."""
    chosen = (it.value for it in scopes_of(role) if it is not TokenScope.READ)
    return [(scope, say(f"token_scope.{scope}")) for scope in chosen]


def _view(token: ApiToken, now_ms: int) -> TokenView:
    scopes = sorted(token.scopes, key=list(TokenScope).index)
    return TokenView(
        id=token.id,
        name=token.name,
        scopes=" · ".join(say(f"token_scope.{it.value}") for it in scopes),
        created_ms=token.created_ms,
        expires_ms=token.expires_ms,
        used_ms=token.used_ms,
        has_ended=token.expires_ms <= now_ms,
    )
