"""Help: the project's documents to read and to search, and where to find the rest."""

from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.errors import NotFound
from drawbridge.entrypoints.pages.assets import media_type_of
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.library import (
    find_documents,
    library,
    picture,
    readers,
)

_MOST_TEXT: Final = 100
_DAY: Final = "private, max-age=86400"


@dataclass(frozen=True, slots=True)
class HelpPages:
    """The pages of help."""

    site: Site

    async def show(self, visit: Visit) -> Response:
        """Show what there is to read, or what was found."""
        text = visit.request.query_params.get("text", "")[:_MOST_TEXT].strip()
        shelves = await run_in_threadpool(readers)
        facts = {
            "text": text,
            "found": find_documents(text),
            "readers": shelves,
            "address_of": "/help/{}".format,
            "exchanges": [(name, get_card(name).name) for name in exchange_ids()],
        }
        return self.site.page(visit, "help/all.html", facts)

    async def show_document(self, visit: Visit) -> Response:
        """Show one document."""
        found = (await run_in_threadpool(library)).get(visit.request.path_params["name"])
        if found is None:
            raise NotFound("no_such_page")
        return self.site.page(visit, "help/document.html", {"document": found})

    async def show_picture(self, visit: Visit) -> Response:
        """Give a picture of a document."""
        path = picture(visit.request.path_params["name"])
        if path is None:
            raise HTTPException(404)
        body = await run_in_threadpool(path.read_bytes)
        kept = {"cache-control": _DAY}
        return Response(body, media_type=media_type_of(path.name), headers=kept)
