"""The documents of the project as pages: which there are, what they say, where words stand.

Read once, at the first visit to Help. They are our own files, so their Markdown is trusted as far
as templates are; HTML in it is shown as text all the same.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

SHELVES: Final = ("tutorial", "howto", "explain", "reference", "decisions")
"""The folders of documents, in the order in which people need them."""

_MOST_WORDS: Final = 8
_MOST_TEXT: Final = 100
_AROUND: Final = 120
_OFTEN: Final = 20
_WORDS: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its address below Help, its title, its text, the same to search in, its page."""

    name: str
    title: str
    text: str
    folded: str
    html: Markup

    @property
    def shelf(self) -> str:
        """Give the folder that it stands in."""
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Found:
    """A document in which all words were found, and the first place where one of them stands."""

    document: Document
    around: str


def find_documents(text: str) -> list[Found]:
    """Find the documents that hold every word of a text; those with it in the title come first."""
    words = [word.casefold() for word in _WORDS.findall(text[:_MOST_TEXT])][:_MOST_WORDS]
    if not words:
        return []
    found = [
        Found(document, _around(document, words))
        for document in library().values()
        if all(word in document.folded for word in words)
    ]
    return sorted(found, key=lambda it: -_weight(it.document, words))


@cache
def library() -> Mapping[str, Document]:
    """Read all documents, by name, shelf after shelf."""
    root = _root()
    return {
        document.name: document
        for shelf in SHELVES
        for path in sorted((root / shelf).rglob("*.md"))
        if (document := _read(path, root)) is not None
    }


def picture(name: str) -> Path | None:
    """Give the file of a picture that documents show, None where there is none."""
    return {path.name: path for path in (_root() / "pictures").iterdir()}.get(name)


def _root() -> Path:
    package = Path(str(files("drawbridge")))
    # In the wheel they lie inside the package; in a checkout, beside `src`.
    inside = package / "docs"
    return inside if inside.is_dir() else package.parents[1] / "docs"


def _read(path: Path, root: Path) -> Document | None:
    name = path.relative_to(root).with_suffix("").as_posix()
    if path.name.startswith("0000-"):
        return None  # a form to fill in, no document
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(path.read_text(encoding="utf-8"))
    _lead_here(tokens, PurePosixPath(name).parent, root)
    title, text = _title_of(tokens) or name, " ".join(_texts(tokens))
    # Drawn from files that are shipped with the program, with HTML switched off.
    html = Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704
    return Document(name, title, text, text.casefold(), html)


def _lead_here(tokens: Sequence[Token], folder: PurePosixPath, root: Path) -> None:
    """Let links between documents, and their pictures, lead to pages of Help.

    What leads to a file of the project that is no document is read as words.
    """
    for token in _all(tokens):
        if token.type == "table_open":
            token.attrSet("tabindex", "0")  # A wide one scrolls, also for whoever has only keys.
        for attribute in ("href", "src"):
            target = token.attrGet(attribute)
            if not isinstance(target, str) or "://" in target or target.startswith("#"):
                continue
            inside = _normal(folder / target.partition("#")[0])
            if inside.partition("/")[0] in {*SHELVES, "pictures"} and (root / inside).is_file():
                token.attrSet(attribute, f"/help/{inside.removesuffix('.md')}")
            else:
                del token.attrs[attribute]


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


def _texts(tokens: Sequence[Token]) -> Iterator[str]:
    for token in _all(tokens):
        if token.type in {"text", "code_inline", "fence", "code_block"}:
            yield token.content


def _weight(document: Document, words: Sequence[str]) -> int:
    title = document.title.casefold()
    in_title = sum(word in title for word in words)
    often = sum(min(document.folded.count(word), _OFTEN) for word in words)
    return _OFTEN * (10 * in_title - SHELVES.index(document.shelf)) + often


def _around(document: Document, words: Sequence[str]) -> str:
    at = min(document.folded.find(word) for word in words)
    begin = max(0, at - _AROUND // 2)
    return " ".join(document.text[begin : begin + _AROUND].split())
