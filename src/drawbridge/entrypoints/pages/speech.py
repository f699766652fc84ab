"""Changing the language, the same on both websites, logged in or not."""

from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response

from drawbridge.entrypoints.pages.fields import Fields
from drawbridge.entrypoints.pages.site import Site, go, local_path
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.wording.language import get_language


class Speakers(Protocol):
    """Who remembers which language a person has chosen."""

    async def choose(self, owner: str, tag: str) -> None:
        """Speak a language with this person from now on."""


@dataclass(frozen=True, slots=True)
class Speech:
    """The one form that changes the language."""

    site: Site
    speakers: Speakers

    async def choose(self, visit: Visit, fields: Fields) -> Response:
        """Take the choice and show the page again that it was made on."""
        language = get_language(fields.line("language"))
        if visit.owner is not None:
            await self.speakers.choose(visit.owner.id, language.tag)
        response = go(local_path(fields.text("next")))
        self.site.cookies.remember_language(response, language.tag)
        if visit.fresh:
            self.site.cookies.put(response, visit.token)
        return response
