"""What pages of long lists share: what was looked for, and the way to what is older."""

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlencode

from drawbridge.entrypoints.pages.visits import Visit

ON_A_PAGE: Final = 50
_BEFORE: Final = "before"
_LONGEST: Final = 100


def asked_of(visit: Visit, names: Iterable[str]) -> dict[str, str]:
    """Read what the address looks for, and where the page before ended."""
    given = visit.request.query_params
    return {name: given.get(name, "")[:_LONGEST].strip() for name in (*names, _BEFORE)}


def older_than(asked: Mapping[str, str], last: object) -> str:
    """Give the query of the page behind `last`, which looks for the same."""
    kept = {name: text for name, text in asked.items() if text}
    return urlencode({**kept, _BEFORE: str(last)})


def filters_of(asked: Mapping[str, str], names: Iterable[str]) -> str:
    """Give the query of all that was looked for, wherever in it one stands."""
    return urlencode({name: asked.get(name, "") for name in names})


def file_headers(name: str) -> dict[str, str]:
    """Give what makes a browser keep the answer as a file of this name."""
    return {"content-disposition": f'attachment; filename="{name}"'}
