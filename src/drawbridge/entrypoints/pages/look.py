"""Templates: what turns facts into pages.

Autoescaping is on for every template, and every sentence comes from the wording files through
`say`. A fact that a template names and nobody gave is an error, not an empty place.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from drawbridge.core.secret import masked
from drawbridge.entrypoints.pages.assets import Assets
from drawbridge.wording import formats
from drawbridge.wording.language import LANGUAGES, spoken
from drawbridge.wording.say import has_words, say, say_error

_SHEETS: Final = (
    *("tokens.css", "layout.css", "masthead.css", "pieces.css", "tables.css"),
    *("forms.css", "guidance.css"),
)
# Around a text that runs from left to right whatever stands about it (Unicode UAX 9).
_ISOLATE: Final = "\u2066"
_END_ISOLATE: Final = "\u2069"


class _Compiled(BytecodeCache):
    """What templates were compiled to in this process, for whoever opens a site once more."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was kept; Jinja itself looks whether it is of the same source."""
        kept = self._kept.get(bucket.key)
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED: Final = _Compiled()


class Look:
    """The templates of one website."""

    def __init__(self, site: str, templates: Iterable[Path], assets: Assets) -> None:
        """Read templates from these folders; an earlier folder wins."""
        self._environment = Environment(
            loader=FileSystemLoader([str(folder) for folder in templates]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        self._environment.globals.update(
            say=say,
            say_error=say_error,
            has_words=has_words,
            static=assets.address_of,
            sheets=_SHEETS,
            site=site,
            spoken=spoken,
            languages=tuple(LANGUAGES.values()),
        )
        self._environment.filters.update(
            amount=formats.amount,
            day=formats.day,
            moment=_moment,
            masked=masked,
            date=_date,
            time=_time,
        )

    def draw(self, template: str, facts: Mapping[str, object]) -> str:
        """Fill in a template."""
        return self._environment.get_template(template).render(facts)


def _time(at_ms: int) -> Markup:
    """Write a moment to the second, and tell machines as well which one it is."""
    return _timed(at_ms, _moment(at_ms))


def _date(at_ms: int) -> Markup:
    """Write the day of a moment, and tell machines as well which moment it is."""
    return _timed(at_ms, formats.day(at_ms))


def _timed(at_ms: int, told: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(formats.iso(at_ms), told)


def _moment(at_ms: int) -> str:
    """Write a moment so that its day and hour keep their order in a text from right to left."""
    told = formats.moment(at_ms)
    return told if spoken().direction == "ltr" else f"{_ISOLATE}{told}{_END_ISOLATE}"
