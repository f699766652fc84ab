"""Tokens with which programs use a person's account: made with few rights, shown once, revocable.

A token is no key of an exchange: it opens what a page shows, never a secret, and can do at most
what its scopes say. Whoever makes tokens decides which proof to ask for first.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from drawbridge.accounts import store
from drawbridge.accounts.model import clean_name
from drawbridge.accounts.roles import Act, Role, may
from drawbridge.accounts.service import Audit
from drawbridge.accounts.throttle import check_attempts, limits_of_token
from drawbridge.accounts.tokens import MAX_TOKEN_LENGTH, Entropy, draw_token, hash_api_token
from drawbridge.core.clock import DAY_MS, MINUTE_MS, Clock
from drawbridge.core.errors import BadInput, Conflict, Forbidden, NotFound, NotProven
from drawbridge.core.ids import id_from
from drawbridge.core.secret import Secret
from drawbridge.storage.database import Database, Row, Transaction

PREFIX: Final = "dbr_"
"""How every token begins, so that people, scanners and logs can tell what it is."""
MOST_TOKENS: Final = 50
LONGEST_MS: Final = 366 * DAY_MS

_ID_BYTES: Final = 10
# Use is written down this often and not at every call.
_SEEN_EVERY_MS: Final = MINUTE_MS


class TokenScope(StrEnum):
    """What a token may do; `READ` is in each of them."""

    READ = "read"
    ROBOTS = "robots"
    KEYS = "keys"
    LIMITS = "limits"
    PEOPLE = "people"
    APPROVALS = "approvals"


_NEEDS: Final[Mapping[TokenScope, Act]] = {
    TokenScope.READ: Act.PERSONAL,
    TokenScope.ROBOTS: Act.CHANGE,
    TokenScope.KEYS: Act.CHANGE,
    TokenScope.LIMITS: Act.CHANGE,
    TokenScope.PEOPLE: Act.HALT,
    TokenScope.APPROVALS: Act.CHANGE,
}


def scopes_of(role: Role) -> tuple[TokenScope, ...]:
    """Give the scopes that a token of somebody with this role can have."""
    return tuple(scope for scope in TokenScope if may(role, _NEEDS[scope]))


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is kept; `used_ms` is when it was last used, to the minute."""

    id: str
    owner: str
    name: str
    scopes: frozenset[TokenScope]
    created_ms: int
    expires_ms: int
    used_ms: int | None = None

    def check(self, scope: TokenScope) -> None:
        """Make sure that it may do this. Raises: `Forbidden("token_lacks_scope")`."""
        if scope is not TokenScope.READ and scope not in self.scopes:
            raise Forbidden("token_lacks_scope", rule="scope", scope=scope.value)


class ApiTokens:
    """People's tokens, over the database that has their accounts."""

    def __init__(self, database: Database, audit: Audit, clock: Clock, entropy: Entropy) -> None:
        """Join the parts."""
        self._database = database
        self._audit = audit
        self._clock = clock
        self._entropy = entropy

    async def make(
        self, owner: str, name: str, scopes: Iterable[str], lives_ms: int
    ) -> tuple[ApiToken, Secret]:
        """Make a token and give it with its text, shown this one time.

        Raises: `BadInput` naming the field; `Conflict("token_name_taken")`,
        `Conflict("too_many_tokens")`; `Forbidden("role_lacks_scope")`.
        """
        kept, chosen = _read_wish(name, scopes, lives_ms)
        now_ms = self._clock.now_ms()
        text = Secret(PREFIX + draw_token(self._entropy).reveal())
        token = ApiToken(
            id_from("token", self._entropy(_ID_BYTES)),
            *(owner, kept, chosen, now_ms, now_ms + lives_ms),
        )
        async with self._database.transaction() as tx:
            await _check_wish(tx, owner, kept, chosen)
            await tx.execute(
                "INSERT INTO api_tokens VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                *(token.id, owner, kept, hash_api_token(text.reveal()), _written(chosen)),
                *(now_ms, token.expires_ms),
            )
            facts = {"name": kept, "scopes": " ".join(sorted(chosen))}
            await self._audit.record(tx, "account:token:made", owner, token.id, facts)
        return token, text

    async def check(self, owner: str, name: str, scopes: Iterable[str], lives_ms: int) -> None:
        """Make sure that this token could be made now; a code is asked for after that.

        Raises: as `make`.
        """
        kept, chosen = _read_wish(name, scopes, lives_ms)
        async with self._database.transaction() as tx:
            await _check_wish(tx, owner, kept, chosen)

    async def list_tokens(self, owner: str) -> tuple[ApiToken, ...]:
        """List a person's tokens, the newest first; those that have ended are among them."""
        rows = await self._database.fetch_all(
            "SELECT * FROM api_tokens WHERE owner = ? ORDER BY created_ms DESC, id", owner
        )
        return tuple(_token(row) for row in rows)

    async def revoke(self, owner: str, token_id: str) -> None:
        """End a token at once. Raises: `NotFound("unknown_token")`."""
        async with self._database.transaction() as tx:
            sql = "DELETE FROM api_tokens WHERE owner = ? AND id = ?"
            if not await tx.execute(sql, owner, token_id):
                raise NotFound("unknown_token")
            await self._audit.record(tx, "account:token:revoked", owner, token_id)

    async def prove(self, text: str, address: str) -> ApiToken:
        """Give the token of this text, which came from this address.

        Raises: `NotProven("token_wrong")`, `NotProven("token_ended")`;
        `NotProven("too_many_attempts")` with `retry_after_ms` for one more wrong text of an
        address that has sent many.
        """
        now_ms = self._clock.now_ms()
        row = None
        if text.startswith(PREFIX) and len(text) <= MAX_TOKEN_LENGTH:
            sql = "SELECT * FROM api_tokens WHERE token_hash = ?"
            row = await self._database.fetch_one(sql, hash_api_token(text))
        if row is None:
            await self._count_wrong(address)
            raise NotProven("token_wrong")
        token = _token(row)
        if token.expires_ms <= now_ms:
            raise NotProven("token_ended", name=token.name)
        if token.used_ms is None or now_ms - token.used_ms >= _SEEN_EVERY_MS:
            async with self._database.transaction() as tx:
                sql = "UPDATE api_tokens SET used_ms = ? WHERE id = ?"
                await tx.execute(sql, now_ms, token.id)
        return token

    async def _count_wrong(self, address: str) -> None:
        """Count a wrong text.

        Why: nobody guesses 256 bits, so a right text is not held up by the wrong ones of others
        behind its address; only whoever keeps asking is kept from keeping us busy.
        """
        limits, now_ms = limits_of_token(address), self._clock.now_ms()
        async with self._database.transaction() as tx:
            check_attempts(limits, await store.read_tried(tx, limits, now_ms), now_ms)
            await store.insert_attempts(tx, limits, now_ms)


def _read_wish(
    name: str, scopes: Iterable[str], lives_ms: int
) -> tuple[str, frozenset[TokenScope]]:
    kept = clean_name(name)
    chosen = frozenset({TokenScope.READ, *(_scope(scope) for scope in scopes)})
    if not 0 < lives_ms <= LONGEST_MS:
        raise BadInput("token_life", field="expires", most_ms=LONGEST_MS)
    return kept, chosen


async def _check_wish(
    tx: Transaction, owner: str, name: str, scopes: frozenset[TokenScope]
) -> None:
    await _check_role(tx, owner, scopes)
    rows = await tx.fetch_all("SELECT name FROM api_tokens WHERE owner = ?", owner)
    if len(rows) >= MOST_TOKENS:
        raise Conflict("too_many_tokens", most=MOST_TOKENS)
    if name.casefold() in {str(row["name"]).casefold() for row in rows}:
        raise Conflict("token_name_taken", field="name")


async def _check_role(tx: Transaction, owner: str, scopes: frozenset[TokenScope]) -> None:
    known = await store.find_by_id(tx, owner)
    if known is None or known.owner.ended_ms is not None:
        raise NotFound("unknown_owner")
    role = known.owner.role
    if beyond := sorted(scopes - frozenset(scopes_of(role))):
        raise Forbidden("role_lacks_scope", rule="role", field="scopes", scope=beyond[0].value)


def _scope(text: str) -> TokenScope:
    try:
        return TokenScope(text)
    except ValueError:
        known = ", ".join(TokenScope)
        raise BadInput("unknown_token_scope", field="scopes", given=text, known=known) from None


def _written(scopes: frozenset[TokenScope]) -> str:
    return json.dumps(sorted(scopes))


def _token(row: Row) -> ApiToken:
    return ApiToken(
        id=row["id"],
        owner=row["owner"],
        name=row["name"],
        scopes=frozenset(TokenScope(scope) for scope in json.loads(row["scopes"])),
        created_ms=row["created_ms"],
        expires_ms=row["expires_ms"],
        used_ms=row["used_ms"],
    )
