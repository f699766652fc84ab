"""JSON as people write it into settings: with comments and with commas at the end.

Comments become blanks, so that every other character stays where it is.
"""

import json
import re
from typing import Any, Final

_PIECES: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)


def read_lenient_json(text: str) -> Any:  # noqa: ANN401  whatever stands there
    """Read JSON. Raises: `ValueError`, with `lineno` where the standard reader tells it."""
    bare = _PIECES.sub(_without_comment, text)
    # Once more: a comma at the end may have had a comment after it.
    return json.loads(_PIECES.sub(_without_comment, bare))


def _without_comment(piece: re.Match[str]) -> str:
    found = piece[0]
    return found if found.startswith('"') else re.sub(r"[^\n]", " ", found)
