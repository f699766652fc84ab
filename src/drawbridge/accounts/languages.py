"""Which language each person has chosen."""

from drawbridge.accounts import store
from drawbridge.accounts.service import Audit
from drawbridge.storage.database import Database
from drawbridge.wording.language import get_language


class Languages:
    """People's languages, over the database that has their accounts."""

    def __init__(self, database: Database, audit: Audit) -> None:
        """Join the parts."""
        self._database = database
        self._audit = audit

    async def choose(self, owner: str, tag: str) -> None:
        """Speak a language with this person from now on, on pages and in notices.

        Raises: `BadInput("unknown_language")`.
        """
        language = get_language(tag)
        async with self._database.transaction() as tx:
            await store.set_language(tx, owner, language.tag)
            facts = {"language": language.tag}
            await self._audit.record(tx, "account:language:chosen", owner, owner, facts)

    async def language_of(self, owner: str) -> str:
        """Give the tag of the language that a person has chosen, empty if none or nobody."""
        known = await store.find_by_id(self._database, owner)
        return known.owner.language if known else ""
