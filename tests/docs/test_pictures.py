"""Pictures are small, and each is shown by a document that says in words what is on it."""

import re
from typing import Final

from tests.architecture.tree import ROOT
from tests.pictures.__main__ import FOLDER, MOST_BYTES
from tests.pictures.png import written

_SHOWN: Final = re.compile(r"!\[([^\]]*)\]\((?:\.\./|docs/)pictures/([\w.-]+)\)")
_LEAST_WORDS: Final = 20


def test_every_picture_is_small() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}


def test_every_picture_is_shown_and_said_in_words() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    shown = {
        name: words
        for page in pages
        for words, name in _SHOWN.findall(page.read_text(encoding="utf-8"))
    }
    assert set(shown) == {path.name for path in FOLDER.iterdir()}
    assert [name for name, words in shown.items() if len(words) < _LEAST_WORDS] == []


def test_a_picture_of_few_colours_is_written_as_it_is() -> None:
    red, white = bytes((200, 0, 0, 255)), bytes((255, 255, 255, 255))
    picture = written((red + white) * 8, 4, 4)
    assert picture.startswith(b"\x89PNG")
    assert bytes((200, 0, 0)) in picture.partition(b"PLTE")[2][:8]
