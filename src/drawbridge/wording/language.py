"""The languages there are, and which one is spoken now.

What is spoken holds for a context: a request, a task, or a whole process that chose at its start.
How a language counts and writes numbers and dates is CLDR's word, which Babel carries.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from drawbridge.core.errors import BadInput

if TYPE_CHECKING:
    from babel import Locale


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its BCP 47 tag, its name for itself, and its locale in CLDR.

    `groups_from`: thousands are set apart from this number on (CLDR: minimumGroupingDigits).
    `comma` stands between things that are listed. `folder` holds the sentences of a language
    that is none of ours, such as one that is made up to try pages with.
    """

    tag: str
    name: str
    cldr: str
    direction: str = "ltr"
    groups_from: int = 1_000
    comma: str = ", "
    folder: Path | None = None


_ALL: Final = (
    # British: 1 August 2026, not August 1.
    Language("en", "English", "en_GB"),
    Language("zh-Hans", "简体中文", "zh_Hans", comma="、"),
    Language("zh-Hant", "繁體中文", "zh_Hant", comma="、"),
    Language("ja", "日本語", "ja", comma="、"),
    Language("vi", "Tiếng Việt", "vi"),
    Language("id", "Bahasa Indonesia", "id"),
    Language("es", "Español", "es", groups_from=10_000),
    Language("fr", "Français", "fr"),
    Language("pt-BR", "Português (Brasil)", "pt_BR"),
    Language("pt-PT", "Português (Portugal)", "pt_PT", groups_from=10_000),
    Language("ru", "Русский", "ru"),
    Language("uk", "Українська", "uk"),
    Language("ar", "العربية", "ar", direction="rtl", comma="\N{ARABIC COMMA} "),
)
LANGUAGES: Final[Mapping[str, Language]] = {language.tag: language for language in _ALL}
ENGLISH: Final = LANGUAGES["en"]

_BY_FOLDED: Final = {tag.casefold(): language for tag, language in LANGUAGES.items()}
# Languages that are written in two ways here, by what else their tags may hold.
_TRADITIONAL: Final = frozenset({"hant", "tw", "hk", "mo"})
_EUROPEAN: Final = frozenset({"pt", "ao", "mz", "cv", "gw", "st", "tl"})
_MOST_WISHES: Final = 16

_spoken: ContextVar[Language] = ContextVar("spoken", default=ENGLISH)


def spoken() -> Language:
    """Give the language that is spoken here and now."""
    return _spoken.get()


def speak(tag: str) -> None:
    """Speak a language from here on, in this context; an unknown or empty tag changes nothing."""
    language = LANGUAGES.get(tag)
    if language is not None:
        _spoken.set(language)


@contextmanager
def speaking(language: str | Language) -> Iterator[None]:
    """Speak a language, or the one of ours with this tag, for the time of a block."""
    if isinstance(language, str):
        language = LANGUAGES.get(language, _spoken.get())
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def get_language(tag: str) -> Language:
    """Give a language by its tag. Raises: `BadInput("unknown_language")`, listing ours."""
    language = _BY_FOLDED.get(tag.strip().casefold())
    if language is None:
        raise unknown_language("language", tag)
    return language


def unknown_language(field: str, given: str) -> BadInput:
    """Give the error about a language that we do not speak, listing those that we do."""
    return BadInput("unknown_language", field=field, given=given, known=", ".join(LANGUAGES))


def find_language(wished: str) -> Language | None:
    """Find the first language of ours that somebody wishes for, None when we have none of them.

    Shape: as `Accept-Language` lists them (`uk, ru;q=0.8`), or as a system names one
    (`pt_BR.UTF-8`).
    """
    weighed: list[tuple[float, str]] = []
    for wish in wished.split(",")[:_MOST_WISHES]:
        tag, _, weight = wish.partition(";")
        weighed.append((_weight(weight), tag.strip()))
    # The sort is stable: what is wished for alike keeps its order.
    for weighs, tag in sorted(weighed, key=lambda it: -it[0]):
        found = _ours(tag)
        if found is not None and weighs > 0:
            return found
    return None


@cache
def locale_of(language: Language) -> "Locale":
    """Give what CLDR knows about a language."""
    from babel import Locale  # noqa: PLC0415  who speaks English never waits for it

    return Locale.parse(language.cldr)


def _ours(tag: str) -> Language | None:
    folded = tag.partition(".")[0].partition("@")[0].replace("_", "-").casefold()
    if folded in _BY_FOLDED:
        return _BY_FOLDED[folded]
    first, *more = folded.split("-")
    if first == "zh":
        return LANGUAGES["zh-Hant" if _TRADITIONAL.intersection(more) else "zh-Hans"]
    if first == "pt":
        return LANGUAGES["pt-PT" if _EUROPEAN.intersection(more) else "pt-BR"]
    return _BY_FOLDED.get(first)


def _weight(text: str) -> float:
    """Read `q=0.8`; what says no weight has the full one, and what cannot be read has none."""
    name, _, value = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
