"""Who one is here, what the token may do, and how the vault stands."""

from fastapi import APIRouter

from drawbridge.accounts.api_tokens import TokenScope
from drawbridge.accounts.roles import Role
from drawbridge.entrypoints.api.caller import Oneself, Reader
from drawbridge.entrypoints.api.shapes import Moment, Reason, Told, tell_reason
from drawbridge.vault.unlock import VaultStatus

router = APIRouter(tags=["me"])


class TokenTold(Told):
    """The token that is used, without its text."""

    id: str
    name: str
    scopes: list[TokenScope]
    created_ms: Moment
    expires_ms: Moment


class Me(Told):
    """Whose token it is. `language` is empty while they have chosen none.

    `account` is the id of whose keys, robots and orders they are shown: mostly their own.
    """

    id: str
    name: str
    role: Role
    account: str
    language: str
    has_authenticator: bool
    token: TokenTold


class VaultTold(Told):
    """How the vault stands; only where it is `open` and reachable anything can trade."""

    status: VaultStatus
    is_reachable: bool
    is_working: bool
    problem: Reason | None


@router.get("/me")
async def get_me(caller: Oneself) -> Me:
    """Give whose token this is, what it may do and when it ends."""
    token, person = caller.token, caller.person
    return Me(
        id=person.id,
        name=person.name,
        role=person.role,
        account=person.account,
        language=person.language,
        has_authenticator=person.second_factor,
        token=TokenTold(
            id=token.id,
            name=token.name,
            scopes=sorted(token.scopes),
            created_ms=token.created_ms,
            expires_ms=token.expires_ms,
        ),
    )


@router.get("/vault")
async def get_vault(caller: Reader) -> VaultTold:
    """Tell how the vault stands. It is made and unlocked on the page or by the command line."""
    state = await caller.house.door.state()
    return VaultTold(
        status=state.status,
        is_reachable=state.has_holder,
        is_working=state.waiting,
        problem=tell_reason(state.error, state.error_facts),
    )
