"""A made-up language for tests: every letter has an accent, every sentence is longer and bracketed.

What is shown without brackets was not said by the wording; a letter without an accent inside of
them is a fact. It is written to files as any other language is, and read by the same reader.
"""

import json
import re
from collections.abc import Iterator
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from typing import Final

from drawbridge.wording.language import ENGLISH, Language
from drawbridge.wording.say import Plural, sentences

TAG: Final = "en-XA"
_PLAIN: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DRESSED: Final = "ÀƁÇÐÉƑĜĤÎĴĶĻḾÑÖÞɊŔŠŢÛṼŴẊÝŽàƀçðéƒĝĥîĵķļḿñöþɋŕšţûṽŵẋýž"
_ACCENTS: Final = str.maketrans(_PLAIN, _DRESSED)
_FILLING: Final = " öñé ţŵö ţĥŕéé"
_LONGER: Final = 0.4
# What stands in braces is filled in, and what stands in backticks is typed.
_AS_IT_IS: Final = re.compile(r"(\{[^}]*\}|`[^`]*`)")


def make_up(folder: Path) -> Language:
    """Write the sentences of the made-up language and give it."""
    lines = (f"{json.dumps(key)} = {_value(it)}" for key, it in sentences(ENGLISH.tag).items())
    (folder / "all.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Language(TAG, "Pseudo", ENGLISH.cldr, folder=folder)


def dressed(sentence: str) -> str:
    """Put accents on a sentence, make it longer and put brackets around it."""
    bare = sentence.strip()
    told = "".join(
        part if _AS_IT_IS.fullmatch(part) else part.translate(_ACCENTS)
        for part in _AS_IT_IS.split(bare)
    )
    more = ceil(len(_AS_IT_IS.sub("", bare)) * _LONGER)
    filling = "".join(islice(cycle(_FILLING), more)).rstrip()
    return sentence.replace(bare, f"[{told}{filling}]") if bare else sentence


def _value(sentence: str | Plural) -> str:
    if isinstance(sentence, str):
        return json.dumps(dressed(sentence), ensure_ascii=False)
    forms: Iterator[str] = (f"{form} = {_value(it)}" for form, it in sentence.items())
    return "{ " + ", ".join(forms) + " }"
