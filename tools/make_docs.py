"""Build the documentation as a folder of pages: `python -m tools.make_docs [FOLDER]`.

The documents are read, sorted for their readers and drawn by what serves Help in the app; here
is only what a folder of files needs beside it. The pages need no server and load nothing from
elsewhere. Search runs in the browser (docs_site/search.js).
"""

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from drawbridge.entrypoints.pages.assets import packaged
from drawbridge.entrypoints.web.documents import Document
from drawbridge.entrypoints.web.library import (
    SHELVES,
    pictures,
    read_library,
    sorted_for_readers,
)
from drawbridge.wording.language import spoken
from drawbridge.wording.say import say

ROOT: Final = Path(__file__).resolve().parents[1]
USUAL: Final = ROOT / "build/docs"
_SITE: Final = Path(__file__).parent / "docs_site"
_PAGES: Final = "drawbridge.entrypoints.pages"
_WEB: Final = "drawbridge.entrypoints.web"
_SHEETS: Final = (
    *("tokens.css", "layout.css", "masthead.css", "pieces.css", "tables.css"),
    *("forms.css", "guidance.css", "reading.css"),
)


def build(folder: Path) -> int:
    """Write all pages into a folder, which is emptied first; give their number."""
    if folder.exists():
        _empty(folder)
    documents = read_library(_lead)
    facts: dict[str, object] = {"readers": sorted_for_readers(documents), "sheets": _SHEETS}
    draw = partial(_draw, _environment(), facts, folder)
    draw("index.html", "index", {})
    draw("search.html", "search", {})
    for name, document in documents.items():
        draw("document.html", name, {"document": document})
    _write_texts(folder / "texts.js", documents.values())
    _copy_look(folder / "look")
    for name, path in pictures().items():
        (folder / "pictures").mkdir(exist_ok=True)
        shutil.copyfile(path, folder / "pictures" / name)
    return len(documents) + 2


def _empty(folder: Path) -> None:
    """Remove what was built before, and nothing that was not."""
    if any(folder.iterdir()) and not (folder / "texts.js").is_file():
        message = f"{folder} holds something else: name an empty folder"
        raise FileExistsError(message)
    shutil.rmtree(folder)


def _environment() -> Environment:
    templates = (_SITE, packaged(_WEB, "templates"), packaged(_PAGES, "templates"))
    environment = Environment(
        loader=FileSystemLoader([str(folder) for folder in templates]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(say=say, spoken=spoken)
    return environment


def _draw(
    environment: Environment,
    facts: Mapping[str, object],
    folder: Path,
    template: str,
    name: str,
    more: Mapping[str, object],
) -> None:
    """Write one page. Addresses are told from where it stands, so that no server is needed."""
    up = _up_from(name)
    page = environment.get_template(template).render(
        {**facts, **more, "up": up, "address_of": (up + "{}.html").format}
    )
    path = folder / f"{name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def _up_from(name: str) -> str:
    return "../" * name.count("/")


def _lead(name: str, to: str) -> str:
    return _up_from(name) + (to if to.startswith("pictures/") else f"{to}.html")


def _write_texts(path: Path, documents: Iterable[Document]) -> None:
    """Write what is searched as a script: the only thing that a page on a disk may load."""
    texts = {
        "shelves": SHELVES,
        "counted": {
            "one": say("help.found", count=1).replace("1", "#"),
            "other": say("help.found", count=2).replace("2", "#"),
        },
        "documents": [
            {"name": it.name, "title": it.title, "text": " ".join(it.text.split())}
            for it in documents
        ],
    }
    written = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f"globalThis.texts = {written};\n", encoding="utf-8")


def _copy_look(folder: Path) -> None:
    """Copy style sheets and the two scripts; a sheet of the app is the site's as well."""
    folder.mkdir(parents=True)
    places = (packaged(_PAGES, "static"), packaged(_WEB, "static"), _SITE)
    for name in (*_SHEETS, "mark.svg", "theme.js", "search.js"):
        path = next(place / name for place in places if (place / name).is_file())
        shutil.copyfile(path, folder / name)


def main(arguments: Sequence[str]) -> int:
    """Build the pages, by default in build/docs."""
    folder = Path(arguments[0]) if arguments else USUAL
    count = build(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{count} pages, {size // 1024:,} KiB: {(folder / 'index.html').as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
