"""SQL as PostgreSQL reads it: it stands once, with the placeholders of SQLite."""

import re
from functools import lru_cache
from itertools import count
from typing import Final

# What is quoted is left alone; `?1` has its number already.
_PIECES: Final = re.compile(r"'[^']*'|\"[^\"]*\"|\?(\d*)")
_MOST_KEPT: Final = 4_096


@lru_cache(maxsize=_MOST_KEPT)
def numbered(sql: str) -> str:
    """Write `?` as `$1`, `$2`, … in the order in which they stand, and `?1` as `$1`."""
    numbers = count(1)

    def placed(found: re.Match[str]) -> str:
        if not found[0].startswith("?"):
            return found[0]
        return f"${found[1] or next(numbers)}"

    return _PIECES.sub(placed, sql)
