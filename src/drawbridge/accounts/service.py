"""Use cases of accounts: create, log in and out, set up and ask for the second factor.

Whoever calls decides which actions ask for a code; here is how it is checked.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from drawbridge.accounts import store
from drawbridge.accounts.model import (
    SESSION_SEEN_EVERY_MS,
    Enrolment,
    Owner,
    check_password,
    clean_name,
    fold_name,
)
from drawbridge.accounts.passwords import SALT_LENGTH, STAND_IN_HASH, Passwords
from drawbridge.accounts.roles import Role
from drawbridge.accounts.second_factor import (
    clean_code,
    draw_enrolment,
    find_step,
    looks_like_code,
)
from drawbridge.accounts.throttle import (
    Limit,
    check_attempts,
    limits_of_code,
    limits_of_login,
)
from drawbridge.accounts.tokens import (
    MAX_TOKEN_LENGTH,
    Entropy,
    draw_recovery_codes,
    draw_token,
    hash_recovery_code,
    hash_token,
)
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, NotFound, NotProven
from drawbridge.core.ids import OwnerId, id_from
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import Binding
from drawbridge.storage.acting import begun_as_house
from drawbridge.storage.database import Database, Transaction

Fact: TypeAlias = str | int | bool | None
# Asked in the transaction that makes a person: gives them as what they come in, or raises.
Admission: TypeAlias = Callable[[Transaction, Owner], Awaitable[Owner]]

_ID_BYTES: Final = 10
_MAX_TYPED_NAME: Final = 256


class Audit(Protocol):
    """Where events are told; the tags are those of `audit/tags.py`."""

    async def record(
        self, tx: Transaction, tag: str, owner: str, subject: str, facts: Mapping[str, Fact] = ...
    ) -> None:
        """Tell an event inside the transaction of the change."""


class Seals(Protocol):
    """What keeps the authenticators' secrets out of the database's plain sight."""

    def seal(self, secret: Secret, binding: Binding) -> bytes:
        """Seal for this binding."""

    def open(self, sealed: bytes, binding: Binding) -> Secret:
        """Open again. Raises: `Corrupted("sealed_value_damaged")`."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """An attempt that is under way: already counted, taken back when it succeeds."""

    limits: tuple[Limit, ...]
    ids: tuple[int, ...]


class Accounts:
    """People, over the database that has their tables."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        clock: Clock,
        entropy: Entropy,
        seals: Seals,
        issuer: str = "Drawbridge",
    ) -> None:
        """Join the parts; `issuer` is the name that authenticators show."""
        self._database = database
        self._audit = audit
        self._clock = clock
        self._entropy = entropy
        self._seals = seals
        self._issuer = issuer
        self._passwords = Passwords()

    async def has_owner(self) -> bool:
        """Tell whether anybody can log in yet."""
        return await store.count_owners(self._database) > 0

    async def list_owners(self) -> tuple[Owner, ...]:
        """List everybody who can log in, for this machine's own command line."""
        return await store.list_owners(self._database)

    async def create_owner(
        self,
        name: str,
        password: Secret,
        *,
        first: bool = False,
        admission: Admission | None = None,
    ) -> Owner:
        """Create a person: a member, or whatever `admission` makes of them.

        `first` makes the owner, and refuses when there is anybody already.
        Raises: `BadInput` naming the field, `Conflict("name_taken")`,
        `Conflict("owner_exists")`; whatever `admission` raises.
        """
        kept = clean_name(name)
        check_password(password, kept)
        hashed = await self._passwords.hash(password, self._entropy(SALT_LENGTH))
        owner_id = OwnerId(id_from("owner", self._entropy(_ID_BYTES)))
        role = Role.OWNER if first else Role.MEMBER
        owner = Owner(owner_id, kept, self._clock.now_ms(), role=role)
        async with self._database.transaction() as tx:
            # Asked inside: two who open the first page at once must not both become owner.
            if first and await store.count_owners(tx):
                raise Conflict("owner_exists")
            if await store.find_by_name(tx, fold_name(kept)):
                raise Conflict("name_taken", field="name")
            if admission is not None:
                owner = await admission(tx, owner)
            await store.insert_owner(tx, owner, fold_name(kept), hashed)
            facts = {"role": owner.role.value}
            await self._audit.record(tx, "account:owner:created", owner.id, owner.id, facts)
        return owner

    async def log_in(self, name: str, password: Secret, code: str | None, address: str) -> Secret:
        """Start a session and give its token, which the browser's cookie carries.

        Raises: `NotProven("login_refused")` alike for an unknown name and a wrong password;
        `NotProven("code_needed")` when only the code is missing; `NotProven("code_wrong")`;
        `NotProven("too_many_attempts")` with `retry_after_ms`; `NotProven("person_ended")`.
        """
        folded = fold_name(" ".join(name[:_MAX_TYPED_NAME].split()))
        attempt = await self._begin_attempt(limits_of_login(folded, address))
        known = await store.find_by_name(self._database, folded)
        hashed = known.password_hash if known else STAND_IN_HASH
        fits = await self._passwords.fits(password, hashed)
        if known is None or not fits:
            await self._tell_refusal(known.owner.id if known else "", "password", address)
            raise NotProven("login_refused")
        if known.owner.second_factor:
            await self._check_login_code(known.owner, code, attempt, address)
        if known.owner.ended_ms is not None:
            # Told only to who has proven all that they can.
            raise NotProven("person_ended")
        return await self._start_session(known.owner, attempt, address)

    async def session(self, token: str) -> Owner | None:
        """Give whose session a token is, None when there is none or it has ended."""
        if not token or len(token) > MAX_TOKEN_LENGTH:
            return None
        hashed, now_ms = hash_token(token), self._clock.now_ms()
        found = await store.find_session(self._database, hashed, now_ms)
        if found is None:
            return None
        owner, seen_ms = found
        if now_ms - seen_ms >= SESSION_SEEN_EVERY_MS:
            async with self._database.transaction() as tx:
                await store.touch_session(tx, hashed, now_ms)
        return owner

    async def log_out(self, token: str) -> None:
        """End a session; one that has ended already is none to end."""
        async with self._database.transaction() as tx:
            owner = await store.delete_session(tx, hash_token(token[: MAX_TOKEN_LENGTH + 1]))
            if owner is not None:
                await self._audit.record(tx, "account:session:ended", owner, owner)

    async def change_password(self, owner: str, old: Secret, new: Secret) -> None:
        """Change the password and end every session of the person.

        Raises: `NotProven("password_wrong")`, `NotProven("too_many_attempts")`, `BadInput`.
        """
        known = await self._get_known(owner)
        check_password(new, known.owner.name)
        attempt = await self._begin_attempt(limits_of_code(owner))
        if not await self._passwords.fits(old, known.password_hash):
            raise NotProven("password_wrong", field="password")
        hashed = await self._passwords.hash(new, self._entropy(SALT_LENGTH))
        async with begun_as_house(self._database) as tx:
            await store.forget_attempts(tx, attempt.limits, attempt.ids)
            await store.set_password(tx, owner, hashed)
            await self._audit.record(tx, "account:password:changed", owner, owner)

    async def enrol_second_factor(self, owner: str) -> Enrolment:
        """Draw a new authenticator; it counts once a first code has confirmed it.

        Raises: `Conflict("second_factor_already_set")`: the old one is removed first, with a
        code.
        """
        known = await self._get_known(owner)
        enrolment = draw_enrolment(self._entropy, self._issuer, known.owner.name)
        now_ms = self._clock.now_ms()
        sealed = self._seals.seal(enrolment.secret, _binding(owner, now_ms))
        async with self._database.transaction() as tx:
            factor = await store.find_factor(tx, owner)
            if factor is not None and factor.confirmed:
                raise Conflict("second_factor_already_set")
            await store.start_factor(tx, owner, sealed, now_ms)
            await self._audit.record(tx, "account:second_factor:started", owner, owner)
        return enrolment

    async def confirm_second_factor(self, owner: str, code: str) -> tuple[Secret, ...]:
        """Prove the new authenticator by its first code and give recovery codes, shown once.

        Raises: `NotProven("code_wrong")`, `NotProven("too_many_attempts")`,
        `Conflict("second_factor_already_set")`, `Conflict("second_factor_not_started")`.
        """
        attempt = await self._begin_attempt(limits_of_code(owner))
        codes = draw_recovery_codes(self._entropy)
        async with begun_as_house(self._database) as tx:
            factor = await store.find_factor(tx, owner)
            if factor is None:
                raise Conflict("second_factor_not_started")
            if factor.confirmed:
                raise Conflict("second_factor_already_set")
            await self._use_code(tx, owner, factor, clean_code(code))
            hashes = [hash_recovery_code(owner, drawn.reveal()) for drawn in codes]
            await store.confirm_factor(tx, owner, hashes, self._clock.now_ms())
            await store.forget_attempts(tx, attempt.limits, attempt.ids)
            await self._audit.record(tx, "account:second_factor:confirmed", owner, owner)
        return codes

    async def check_second_factor(self, owner: str, code: str) -> None:
        """Make sure that the person has their authenticator, or a recovery code, at hand.

        Raises: `NotProven("code_needed")`, `NotProven("code_wrong")`,
        `NotProven("too_many_attempts")`, `Conflict("second_factor_not_set")`.
        """
        typed, attempt = await self._begin_code(owner, code)
        async with begun_as_house(self._database) as tx:
            await self._prove(tx, owner, typed)
            await store.forget_attempts(tx, attempt.limits, attempt.ids)

    async def remove_second_factor(self, owner: str, code: str) -> None:
        """Take the authenticator away; a recovery code does it when the telephone is lost.

        Raises: as `check_second_factor`.
        """
        typed, attempt = await self._begin_code(owner, code)
        async with begun_as_house(self._database) as tx:
            await self._prove(tx, owner, typed)
            await store.delete_factor(tx, owner)
            await store.forget_attempts(tx, attempt.limits, attempt.ids)
            await self._audit.record(tx, "account:second_factor:removed", owner, owner)

    async def renew_recovery_codes(self, owner: str, code: str) -> tuple[Secret, ...]:
        """Draw new recovery codes and end the old ones; shown once.

        Raises: as `check_second_factor`.
        """
        typed, attempt = await self._begin_code(owner, code)
        codes = draw_recovery_codes(self._entropy)
        async with begun_as_house(self._database) as tx:
            await self._prove(tx, owner, typed)
            hashes = [hash_recovery_code(owner, drawn.reveal()) for drawn in codes]
            await store.put_recovery_codes(tx, owner, hashes)
            await store.forget_attempts(tx, attempt.limits, attempt.ids)
            await self._audit.record(tx, "account:recovery_code:renewed", owner, owner)
        return codes

    async def _begin_attempt(self, limits: tuple[Limit, ...]) -> _Attempt:
        now_ms = self._clock.now_ms()
        # The house alone counts attempts: whoever tries may be anybody.
        async with begun_as_house(self._database) as tx:
            check_attempts(limits, await store.read_tried(tx, limits, now_ms), now_ms)
            # Counted before it is judged: a hundred at the same moment are a hundred.
            return _Attempt(limits, await store.insert_attempts(tx, limits, now_ms))

    async def _check_login_code(
        self, owner: Owner, code: str | None, attempt: _Attempt, address: str
    ) -> None:
        if code is None or not clean_code(code):
            # The password was right, so this was no wrong attempt.
            async with begun_as_house(self._database) as tx:
                await store.forget_attempts(tx, attempt.limits, attempt.ids)
            raise NotProven("code_needed", field="code")
        try:
            await self.check_second_factor(owner.id, code)
        except NotProven:
            await self._tell_refusal(owner.id, "code", address)
            raise

    async def _start_session(self, owner: Owner, attempt: _Attempt, address: str) -> Secret:
        token = draw_token(self._entropy)
        hashed, now_ms = hash_token(token.reveal()), self._clock.now_ms()
        async with begun_as_house(self._database) as tx:
            await store.forget_attempts(tx, attempt.limits, attempt.ids)
            await store.insert_session(tx, hashed, owner.id, now_ms, address)
            facts = {"address": address}
            await self._audit.record(tx, "account:session:started", owner.id, owner.id, facts)
        return token

    async def _tell_refusal(self, owner: str, what: str, address: str) -> None:
        # The name as typed is not told: people type passwords into the wrong field.
        facts = {"wrong": what, "address": address}
        async with self._database.transaction() as tx:
            await self._audit.record(tx, "account:session:refused", owner, owner, facts)

    async def _begin_code(self, owner: str, code: str) -> tuple[str, _Attempt]:
        typed = clean_code(code)
        if not typed:
            raise NotProven("code_needed", field="code")
        if not (await self._get_known(owner)).owner.second_factor:
            raise Conflict("second_factor_not_set")
        return typed, await self._begin_attempt(limits_of_code(owner))

    async def _prove(self, tx: Transaction, owner: str, typed: str) -> None:
        factor = await store.find_factor(tx, owner)
        if factor is None or not factor.confirmed:
            raise Conflict("second_factor_not_set")
        if looks_like_code(typed):
            await self._use_code(tx, owner, factor, typed)
            return
        hashed = hash_recovery_code(owner, typed)
        if not await store.use_recovery_code(tx, owner, hashed, self._clock.now_ms()):
            raise NotProven("code_wrong", field="code")
        await self._audit.record(tx, "account:recovery_code:used", owner, owner)

    async def _use_code(self, tx: Transaction, owner: str, factor: store.Factor, code: str) -> None:
        secret = self._seals.open(factor.sealed_secret, _binding(owner, factor.started_ms))
        step = find_step(secret, code, self._clock.now_ms(), factor.last_step)
        if step is None:
            raise NotProven("code_wrong", field="code")
        await store.use_step(tx, owner, step)

    async def _get_known(self, owner: str) -> store.Known:
        known = await store.find_by_id(self._database, owner)
        if known is None:
            raise NotFound("unknown_owner")
        return known


def _binding(owner: str, started_ms: int) -> Binding:
    return Binding(owner, "", owner, "second_factor", started_ms)
