"""Who calls an operation, and that their token and their role may do it.

Every operation takes a `Caller` by one of the types below, which name the right that it needs and
what it does: what is asked for cannot be forgotten, and the schema tells the right. A token never
does more than the role that its owner has at that moment.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from drawbridge.accounts.acting import acting_as
from drawbridge.accounts.api_tokens import ApiToken, TokenScope
from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Act, check_may
from drawbridge.app.build import House
from drawbridge.core.errors import NotProven

STATE: Final = "caller"
_BEARER: Final = HTTPBearer(
    scheme_name="token",
    description="A token made on the page “Tokens for programs” or by the command line.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A program with the token of a person, over the services that it may use."""

    house: House
    token: ApiToken
    person: Owner

    @property
    def owner(self) -> str:
        """Give whose keys, robots and orders this is about."""
        return self.person.account

    async def check_code(self, code: str) -> None:
        """Make sure that a person with their authenticator stands behind this, as pages do.

        Raises: `NotProven` naming the field `code`, `Conflict("second_factor_not_set")`.
        """
        await self.house.accounts.check_second_factor(self.person.id, code)


@dataclass(frozen=True, slots=True)
class _MayDo:
    """Find who calls, once their token and their role may do what is needed."""

    act: Act

    async def __call__(
        self,
        needed: SecurityScopes,
        request: Request,
        _header: Annotated[object, Security(_BEARER)],
    ) -> AsyncIterator[Caller]:
        """Give who calls, and act for them; the token itself was proven at the turnstile.

        Raises: `Forbidden("token_lacks_scope")`, `Forbidden("role_forbids")`.
        """
        caller = getattr(request.state, STATE, None)
        if not isinstance(caller, Caller):
            raise NotProven("token_missing")
        for scope in needed.scopes:
            caller.token.check(TokenScope(scope))
        check_may(caller.person.role, self.act)
        with acting_as(caller.person, self.act):
            yield caller


_CHANGES: Final = _MayDo(Act.CHANGE)

Oneself = Annotated[Caller, Security(_MayDo(Act.PERSONAL), scopes=[TokenScope.READ.value])]
"""May ask about themselves, whatever their role."""
Reader = Annotated[Caller, Security(_MayDo(Act.LOOK), scopes=[TokenScope.READ.value])]
"""May look at everything and change nothing."""
RobotKeeper = Annotated[Caller, Security(_CHANGES, scopes=[TokenScope.ROBOTS.value])]
KeyKeeper = Annotated[Caller, Security(_CHANGES, scopes=[TokenScope.KEYS.value])]
LimitKeeper = Annotated[Caller, Security(_CHANGES, scopes=[TokenScope.LIMITS.value])]
Approver = Annotated[Caller, Security(_CHANGES, scopes=[TokenScope.APPROVALS.value])]
Keeper = Annotated[Caller, Security(_MayDo(Act.VAULT), scopes=[TokenScope.READ.value])]
Operator = Annotated[Caller, Security(_MayDo(Act.OPERATE), scopes=[TokenScope.READ.value])]
"""May look at the machinery, and at nobody's account."""
PeopleViewer = Annotated[Caller, Security(_MayDo(Act.SEE_PEOPLE), scopes=[TokenScope.READ.value])]
PeopleHalter = Annotated[Caller, Security(_MayDo(Act.HALT), scopes=[TokenScope.PEOPLE.value])]
PeopleRuler = Annotated[Caller, Security(_MayDo(Act.RULE), scopes=[TokenScope.PEOPLE.value])]
