"""Who one is here, what the token may do, and how the vault stands."""

from fastapi import APIRouter

from drawbridge.accounts.api_tokens import TokenScope
from drawbridge.core.errors import NotFound
from drawbridge.entrypoints.api.caller import Reader
from drawbridge.entrypoints.api.shapes import Moment, Reason, Told, tell_reason
from drawbridge.vault.unlock import VaultStatus, read_vault_state

router = APIRouter(tags=["me"])


class TokenTold(Told):
    """The token that is used, without its text."""

    id: str
    name: str
    scopes: list[TokenScope]
    created_ms: Moment
    expires_ms: Moment


class Me(Told):
    """Whose token it is. `language` is empty while they have chosen none."""

    id: str
    name: str
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
async def get_me(caller: Reader) -> Me:
    """Give whose token this is, what it may do and when it ends."""
    token = caller.token
    for owner in await caller.house.accounts.list_owners():
        if owner.id == caller.owner:
            return Me(
                id=owner.id,
                name=owner.name,
                language=owner.language,
                has_authenticator=owner.second_factor,
                token=TokenTold(
                    id=token.id,
                    name=token.name,
                    scopes=sorted(token.scopes),
                    created_ms=token.created_ms,
                    expires_ms=token.expires_ms,
                ),
            )
    raise NotFound("unknown_owner")


@router.get("/vault")
async def get_vault(caller: Reader) -> VaultTold:
    """Tell how the vault stands. It is made and unlocked on the page or by the command line."""
    state = await read_vault_state(caller.house.database)
    return VaultTold(
        status=state.status,
        is_reachable=state.has_holder,
        is_working=state.waiting,
        problem=tell_reason(state.error, state.error_facts),
    )
