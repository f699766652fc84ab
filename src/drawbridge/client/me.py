"""The operations of the group “me”."""

from typing import Literal, TypedDict

from drawbridge.client.calling import Calling
from drawbridge.client.shapes import Reason, Role

TokenScope = Literal["read", "robots", "keys", "limits", "people", "approvals"]
VaultStatus = Literal["absent", "locked", "open"]


class TokenTold(TypedDict):
    """The token that is used, without its text."""

    id: str
    name: str
    scopes: list[TokenScope]
    created_ms: int
    expires_ms: int


class VaultTold(TypedDict):
    """How the vault stands; only where it is `open` and reachable anything can trade."""

    status: VaultStatus
    is_reachable: bool
    is_working: bool
    problem: Reason | None


class Me(TypedDict):
    """Whose token it is."""

    id: str
    name: str
    role: Role
    account: str
    language: str
    has_authenticator: bool
    token: TokenTold


class MeOperations:
    """The operations of the group “me”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def get_me(self) -> Me:
        """Give whose token this is, what it may do and when it ends."""
        told: Me = self._calling.ask("GET", "/me", {})
        return told

    def get_vault(self) -> VaultTold:
        """Tell how the vault stands."""
        told: VaultTold = self._calling.ask("GET", "/vault", {})
        return told
