"""Lists a page at a time: `?limit=&cursor=`, answered as `{"items": […], "next": …}`."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import Field

from drawbridge.core.errors import BadInput
from drawbridge.core.money import find_whole
from drawbridge.entrypoints.api.shapes import Told

MOST: Final = 200
_USUAL: Final = 50
_LONGEST_CURSOR: Final = 300

T = TypeVar("T")
M = TypeVar("M", bound=Told)


class Page(Told, Generic[M]):
    """A page of a list. With `next` as the cursor comes what follows; null at the end."""

    items: list[M]
    next: str | None = Field(description="The cursor of the next page, null at the end.")


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for; an empty cursor is the first."""

    limit: int
    cursor: str

    def number(self) -> int | None:
        """Give the cursor as a number. Raises: `BadInput("bad_cursor")`."""
        if not self.cursor:
            return None
        number = find_whole(self.cursor)
        if number is None:
            raise bad_cursor()
        return number


def read_paging(
    limit: Annotated[
        int, Query(ge=1, le=MOST, description="How many there are on a page.")
    ] = _USUAL,
    cursor: Annotated[
        str, Query(max_length=_LONGEST_CURSOR, description="`next` of the page before.")
    ] = "",
) -> Paging:
    """Read which page is asked for."""
    return Paging(limit, cursor)


AskedPage = Annotated[Paging, Depends(read_paging)]


def bad_cursor() -> BadInput:
    """Give the error of a cursor that no page gave."""
    return BadInput("bad_cursor", field="cursor")


def page_of(
    found: Sequence[T], paging: Paging, tell: Callable[[T], M], cursor: Callable[[T], object]
) -> Page[M]:
    """Make a page of what was found: one more than there is room for tells that more follows."""
    shown = found[: paging.limit]
    more = len(found) > paging.limit
    return Page(
        items=[tell(it) for it in shown], next=str(cursor(shown[-1])) if more and shown else None
    )


def cut(
    everything: Iterable[T], paging: Paging, tell: Callable[[T], M], name: Callable[[T], str]
) -> Page[M]:
    """Make a page of a short list that is at hand as a whole; the cursor is a name in it.

    Raises: `BadInput("bad_cursor")` for a name that is not, or no more, in the list.
    """
    listed = list(everything)
    if paging.cursor:
        names = [name(it) for it in listed]
        if paging.cursor not in names:
            raise bad_cursor()
        listed = listed[names.index(paging.cursor) + 1 :]
    return page_of(listed[: paging.limit + 1], paging, tell, name)
