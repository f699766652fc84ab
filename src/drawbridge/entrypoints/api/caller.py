"""Who calls an operation, and that their token may do it.

Every operation takes a `Caller` by one of the types below, which name the right that it needs:
what is asked for cannot be forgotten, and the schema tells it.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from drawbridge.accounts.api_tokens import ApiToken, TokenScope
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

    @property
    def owner(self) -> str:
        """Give whose token it is."""
        return self.token.owner

    async def check_code(self, code: str) -> None:
        """Make sure that a person with their authenticator stands behind this, as pages do.

        Raises: `NotProven` naming the field `code`, `Conflict("second_factor_not_set")`.
        """
        await self.house.accounts.check_second_factor(self.owner, code)


async def find_caller(
    needed: SecurityScopes, request: Request, _header: Annotated[object, Security(_BEARER)]
) -> Caller:
    """Give who calls, once their token may do what is needed.

    The token itself was proven at the turnstile. Raises: `Forbidden("token_lacks_scope")`.
    """
    caller = getattr(request.state, STATE, None)
    if not isinstance(caller, Caller):
        raise NotProven("token_missing")
    for scope in needed.scopes:
        caller.token.check(TokenScope(scope))
    return caller


Reader = Annotated[Caller, Security(find_caller, scopes=[TokenScope.READ.value])]
"""May look at everything and change nothing."""
RobotKeeper = Annotated[Caller, Security(find_caller, scopes=[TokenScope.ROBOTS.value])]
KeyKeeper = Annotated[Caller, Security(find_caller, scopes=[TokenScope.KEYS.value])]
LimitKeeper = Annotated[Caller, Security(find_caller, scopes=[TokenScope.LIMITS.value])]
