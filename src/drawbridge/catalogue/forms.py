"""Forms of keys and secrets: a text with `{alphabet*length}` for what is drawn.

The alphabet is the inside of a character class. Randomness is passed in.
"""

import re
from collections.abc import Callable
from typing import Final

Entropy = Callable[[int], bytes]

_PART: Final = re.compile(r"\{([^*{}]+)\*([0-9]+)\}")
_RANGE: Final = re.compile(r"(.)-(.)|(.)", re.DOTALL)
# So many random bytes per character that no character is likelier than another.
_BYTES_EACH: Final = 8


def fill_form(form: str, entropy: Entropy) -> str:
    """Draw a text of this form."""
    return _PART.sub(lambda part: draw_text(part[1], int(part[2]), entropy), form)


def draw_text(alphabet: str, length: int, entropy: Entropy) -> str:
    """Draw so many characters of an alphabet."""
    letters = _letters(alphabet)
    drawn = entropy(length * _BYTES_EACH)
    places = range(0, len(drawn), _BYTES_EACH)
    numbers = (int.from_bytes(drawn[place : place + _BYTES_EACH], "big") for place in places)
    return "".join(letters[number % len(letters)] for number in numbers)


def _letters(character_class: str) -> str:
    """Write out the inside of a character class: `a-c9` is `abc9`."""
    found = []
    for first, last, single in _RANGE.findall(character_class):
        found.append(single or "".join(map(chr, range(ord(first), ord(last) + 1))))
    return "".join(found)
