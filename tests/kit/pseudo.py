"""Made-up languages for tests, written to files as any other language is, and read as they are.

In one, every letter has an accent, and every sentence is longer and bracketed: what is shown
without brackets was not said by the wording, and a letter without an accent is a fact. Another
takes each sentence from the language in which it is widest.
"""

import json
import re
from collections.abc import Callable, Mapping
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from drawbridge.wording.language import ENGLISH, Language, speaking
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
    """Write the sentences of the language with accents and give it."""
    said = {key: _each(it, dressed) for key, it in sentences(ENGLISH.tag).items()}
    return write_language(folder, said)


def write_language(folder: Path, said: Mapping[str, str | Plural]) -> Language:
    """Write the sentences of a language that counts as English does, and give it."""
    lines = (f"{json.dumps(key)} = {_written(it)}" for key, it in said.items())
    (folder / "all.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Language(TAG, "Made up", ENGLISH.cldr, folder=folder)


def in_language(app: ASGIApp, language: Language) -> ASGIApp:
    """Let a site speak a language with everybody, whatever their browser asks for."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        kept = [(name, it) for name, it in scope.get("headers", ()) if name != b"accept-language"]
        with speaking(language):
            await app({**scope, "headers": kept}, receive, send)

    return answer


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


def _each(sentence: str | Plural, change: Callable[[str], str]) -> str | Plural:
    if isinstance(sentence, str):
        return change(sentence)
    return {form: change(it) for form, it in sentence.items()}


def _written(sentence: str | Plural) -> str:
    if isinstance(sentence, str):
        return json.dumps(sentence, ensure_ascii=False)
    forms = (f"{form} = {_written(it)}" for form, it in sentence.items())
    return "{ " + ", ".join(forms) + " }"
