"""Every sentence that a page shows comes from the wording files; templates hold none."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment

from tests.architecture.tree import ROOT

# Attributes that a person reads or hears.
_READ = frozenset({"title", "alt", "placeholder", "aria-label", "aria-description"})
_WORD = re.compile(r"[^\W\d_]{2,}")
# What fills a tag of another template, and so stands in no tag of its own.
_IN_TAGS = (
    re.compile(r"\{% block main_class %\}.*?\{% endblock %\}"),
    re.compile(r"\{% macro described\(.*?\{% endmacro %\}", re.DOTALL),
)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [text for name, text in attrs if name in _READ and text and _is_said(text)]

    def handle_data(self, data: str) -> None:
        if _is_said(data):
            self.found.append(data.strip())


def _is_said(text: str) -> bool:
    return _WORD.search(text) is not None


def _said_by(source: str) -> list[str]:
    for inside in _IN_TAGS:
        source = inside.sub("", source)
    tokens = Environment(autoescape=True).lex(source)
    reader = _Reader()
    # What is filled in leaves a mark, so that a tag around it stays whole.
    reader.feed("".join(text if kind == "data" else "·" for _, kind, text in tokens))
    reader.close()
    return reader.found


def _templates() -> Iterator[Path]:
    return (ROOT / "src").rglob("templates/**/*.html")


def test_a_sentence_in_a_template_is_found() -> None:
    [text, title] = _said_by('<p class="{{ a }}">Good {{ day }}</p><b title="Hm">{{ x }}</b>')
    assert text.startswith("Good ")
    assert title == "Hm"


def test_no_template_says_anything_by_itself() -> None:
    said = {str(path.relative_to(ROOT)): _said_by(path.read_text("utf-8")) for path in _templates()}
    assert {path: words for path, words in said.items() if words} == {}
