"""A document of the project as a page: its Markdown read, its links led to where pages stand.

They are our own files, so their Markdown is trusted as far as templates are; HTML in it is shown
as text all the same. Which documents there are, and for whom, is the library's business.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

Lead = Callable[[str, str], str]
"""Gives the address of a document or picture, as it is written on the page of another one."""

_NO_SLUG: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Heading:
    """A part of a document: where it begins on the page, and what it is called."""

    slug: str
    words: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its name, its title, its text, the same to search in, its parts, its page."""

    name: str
    title: str
    text: str
    folded: str
    headings: tuple[Heading, ...]
    html: Markup

    @property
    def shelf(self) -> str:
        """Give the folder that it stands in."""
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Source:
    """The file of a document, by its path in the repository, and what it holds."""

    path: PurePosixPath
    markdown: str


def read_document(name: str, source: Source, names: Mapping[str, str], lead: Lead) -> Document:
    """Read a document; `names` tells of each file in the repository which page it is."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(source.markdown)
    text = " ".join(_texts(tokens))
    title, headings = _title_of(tokens) or name, tuple(_name_headings(tokens))
    _lead(tokens, source.path.parent, names, lambda to: lead(name, to))
    # Drawn from files that are shipped with the program, with HTML switched off.
    html = Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704
    return Document(name, title, text, text.casefold(), headings, html)


def _lead(
    tokens: Sequence[Token],
    folder: PurePosixPath,
    names: Mapping[str, str],
    address_of: Callable[[str], str],
) -> None:
    """Let links between documents, and their pictures, lead to pages.

    What leads to a file of the project that is no document is read as words.
    """
    for token in _all(tokens):
        if token.type == "table_open":
            token.attrSet("tabindex", "0")  # A wide one scrolls, also for whoever has only keys.
        for attribute in ("href", "src"):
            target = token.attrGet(attribute)
            if not isinstance(target, str) or "://" in target or target.startswith("#"):
                continue
            path, mark, place = target.partition("#")
            name = names.get(_normal(folder / path))
            if name is None:
                del token.attrs[attribute]
            else:
                token.attrSet(attribute, address_of(name) + mark + place)


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _title_of(tokens: Sequence[Token]) -> str:
    for before, token in pairwise(tokens):
        if before.type == "heading_open" and before.tag == "h1":
            return token.content.replace("`", "")
    return ""


def _name_headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    """Give each part a name to lead to, made of its words as forges make theirs."""
    taken: set[str] = set()
    for before, token in pairwise(tokens):
        if before.type != "heading_open" or before.tag == "h1":
            continue
        words = "".join(_texts([token]))
        slug = first = _NO_SLUG.sub("", words.casefold()).strip().replace(" ", "-")
        again = 0
        while slug in taken:
            again += 1
            slug = f"{first}-{again}"
        taken.add(slug)
        before.attrSet("id", slug)
        if before.tag == "h2":
            yield Heading(slug, words)


def _texts(tokens: Sequence[Token]) -> Iterator[str]:
    for token in _all(tokens):
        if token.type in {"text", "code_inline", "fence", "code_block"}:
            yield token.content
