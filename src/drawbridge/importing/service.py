"""Use cases of keys in other programs' files: look, bring in, and write a copy without secrets.

Files are read in memory and kept nowhere. Nothing is written here but through the vault and the
virtual keys.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import Conflict, DrawbridgeError
from drawbridge.importing.documents import Document, read_document
from drawbridge.importing.model import Found
from drawbridge.importing.recognising import find_keys
from drawbridge.importing.rewriting import Copy, Replacement, write_copy
from drawbridge.vault.model import Added, KeyRecord, Proof
from drawbridge.vault.service import Vault
from drawbridge.virtual_keys.service import Made, VirtualKeys
from drawbridge.virtual_keys.wishes import Wish


@dataclass(frozen=True, slots=True)
class Seen:
    """A key in a file, and which of the person's keys it is, None where it is none yet."""

    found: Found
    mine: KeyRecord | None = None

    @property
    def is_new(self) -> bool:
        """Tell whether it could be brought in."""
        return self.found.problem is None and self.mine is None


@dataclass(frozen=True, slots=True)
class Look:
    """What a file holds."""

    document: Document
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of one key: it was added, or there is a reason why not."""

    seen: Seen
    added: Added | None = None
    problem: DrawbridgeError | None = None


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A copy of a file, and the virtual keys that stand in it."""

    copy: Copy
    made: tuple[Made, ...]


class Importing:
    """Keys that come from other programs."""

    def __init__(self, vault: Vault, virtual_keys: VirtualKeys) -> None:
        """Join the parts."""
        self._vault = vault
        self._virtual_keys = virtual_keys

    async def look(self, owner: str, raw: bytes, name: str, exchange: str = "") -> Look:
        """Find the keys in a file; `exchange` says whose those are of which it does not tell.

        Raises: `BadInput` as `read_document` and `find_keys`; `NotFound("unknown_exchange")`.
        """
        if exchange:
            get_card(exchange)
        document = await asyncio.to_thread(read_document, raw, name)
        found = await asyncio.to_thread(find_keys, document, exchange)
        mine = {(key.exchange, key.public_key): key for key in await self._vault.list_keys(owner)}
        seen = (Seen(it, mine.get((it.exchange, it.key))) for it in found)
        return Look(document, tuple(seen))

    async def add(
        self, owner: str, seen: Sequence[Seen], venue: str, *, proof: str = Proof.ORDER
    ) -> tuple[Brought, ...]:
        """Bring in what is new, one by one; what is refused keeps the others from nothing."""
        return tuple([await self._added(owner, it, venue, proof) for it in seen])

    async def rewrite(
        self,
        owner: str,
        look: Look,
        wish: Wish,
        address_of: Callable[[str, str], str],
        *,
        code: str = "",
    ) -> Rewritten:
        """Write a copy of a file with a new virtual key in place of each of the person's keys.

        Raises: `Conflict("import_none_here")` where no key of the file is here;
        `Conflict("import_cannot_rewrite")`; and as `VirtualKeys.make`.
        """
        here = [it for it in look.seen if it.mine is not None]
        if not here:
            raise Conflict("import_none_here")
        real = {it.mine.id: it.mine for it in here if it.mine is not None}
        made = await self._virtual_keys.make_together(owner, tuple(real), wish, code=code)
        by_key = {it.virtual.key_id: it for it in made}
        replacements = tuple(
            Replacement(
                it.found,
                get_card(it.mine.exchange),
                by_key[it.mine.id].drawn,
                address_of(it.mine.exchange, it.mine.venue.value),
            )
            for it in here
            if it.mine is not None
        )
        try:
            copy = await asyncio.to_thread(write_copy, look.document, replacements)
        except DrawbridgeError:
            # Nobody has seen these keys, and nobody will.
            for it in made:
                await self._virtual_keys.revoke(owner, it.virtual.id)
            raise
        return Rewritten(copy, made)

    async def _added(self, owner: str, seen: Seen, venue: str, proof: str) -> Brought:
        if not seen.is_new:
            return Brought(seen, problem=seen.found.problem)
        found = seen.found
        fields = {name: secret.reveal() for name, secret in found.fields.items()}
        try:
            added = await self._vault.add(owner, found.exchange, venue, fields, proof=proof)
        except DrawbridgeError as problem:
            return Brought(seen, problem=problem)
        return Brought(seen, added)
