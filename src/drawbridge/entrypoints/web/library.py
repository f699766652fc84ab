"""The documents of the project: which there are, for whom, and where words stand in them.

Help in the app and the site that `make docs` builds are both drawn from here. `docs/readers.toml`
tells who reads what; read once, at the first visit to Help.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Final

from drawbridge.entrypoints.web.documents import Document, Lead, Source, read_document

SHELVES: Final = ("tutorial", "howto", "explain", "reference", "project", "decisions")
"""The folders of documents, in the order in which people need them."""

_OF_THE_PROJECT: Final = ("ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CHANGELOG")
_PICTURES: Final = "pictures"
_MOST_WORDS: Final = 8
_MOST_TEXT: Final = 100
_AROUND: Final = 120
_OFTEN: Final = 20
_WORDS: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Found:
    """A document in which all words were found, and the first place where one of them stands."""

    document: Document
    around: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Documents of one kind, in the order in which they are read."""

    kind: str
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """People who come for the same, and what there is for them to read."""

    name: str
    shelves: tuple[Shelf, ...]


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
    """Give all documents as pages of Help, by name, shelf after shelf."""
    return read_library(lambda _, to: f"/help/{to}")


@cache
def readers() -> tuple[Reader, ...]:
    """Give the documents of Help by who reads them."""
    return sorted_for_readers(library())


def read_library(lead: Lead) -> Mapping[str, Document]:
    """Read all documents, with links as `lead` gives them."""
    sources = dict(_sources())
    names = {source.path.as_posix(): name for name, source in sources.items()}
    names |= {f"docs/pictures/{name}": f"pictures/{name}" for name in pictures()}
    return {
        name: read_document(name, source, names, lead)
        for shelf in SHELVES
        for name, source in sources.items()
        if name.startswith(f"{shelf}/")
    }


def sorted_for_readers(documents: Mapping[str, Document]) -> tuple[Reader, ...]:
    """Sort documents by who reads them, as `docs/readers.toml` tells."""
    table = tomllib.loads((_root() / "readers.toml").read_text(encoding="utf-8"))
    return tuple(
        Reader(
            name,
            tuple(Shelf(kind, tuple(_named(documents, names))) for kind, names in kinds.items()),
        )
        for name, kinds in table.items()
    )


def picture(name: str) -> Path | None:
    """Give the file of a picture that documents show, None where there is none."""
    return pictures().get(name)


def pictures() -> dict[str, Path]:
    """Give the files of all pictures, by name."""
    return {path.name: path for path in sorted((_root() / _PICTURES).iterdir())}


def _named(documents: Mapping[str, Document], names: Iterable[str]) -> Iterator[Document]:
    for name in names:
        fitting = [document for at, document in documents.items() if fnmatchcase(at, name)]
        if not fitting:
            raise KeyError(name)
        yield from fitting


def _sources() -> Iterator[tuple[str, Source]]:
    """Give every file that is a document, under the name of its page."""
    root = _root()
    for shelf in ("tutorial", "howto", "explain", "reference", "decisions"):
        for path in sorted((root / shelf).rglob("*.md")):
            if not path.name.startswith("0000-"):  # a form to fill in, no document
                inside = PurePosixPath(path.relative_to(root).as_posix())
                source = Source("docs" / inside, path.read_text(encoding="utf-8"))
                yield inside.with_suffix("").as_posix(), source
    for title in _OF_THE_PROJECT:
        # In a checkout these stand at its top; in the wheel, on a shelf of their own.
        found = [root / "project" / f"{title}.md", root.parent / f"{title}.md"]
        path = next(path for path in found if path.is_file())
        text = path.read_text(encoding="utf-8")
        yield f"project/{title.lower()}", Source(PurePosixPath(f"{title}.md"), text)


def _root() -> Path:
    package = Path(str(files("drawbridge")))
    # In the wheel they lie inside the package; in a checkout, beside `src`.
    inside = package / "docs"
    return inside if inside.is_dir() else package.parents[1] / "docs"


def _weight(document: Document, words: Sequence[str]) -> int:
    title = document.title.casefold()
    in_title = sum(word in title for word in words)
    often = sum(min(document.folded.count(word), _OFTEN) for word in words)
    return _OFTEN * (10 * in_title - SHELVES.index(document.shelf)) + often


def _around(document: Document, words: Sequence[str]) -> str:
    at = min(document.folded.find(word) for word in words)
    begin = max(0, at - _AROUND // 2)
    return " ".join(document.text[begin : begin + _AROUND].split())
