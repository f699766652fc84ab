"""Who one is here, and what the token may do."""

from fastapi import APIRouter

from drawbridge.accounts.api_tokens import TokenScope
from drawbridge.core.errors import NotFound
from drawbridge.entrypoints.api.caller import Reader
from drawbridge.entrypoints.api.shapes import Moment, Told

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
