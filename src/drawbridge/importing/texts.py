"""From the bytes of somebody's file to its text: byte order marks, and encodings that went wrong.

What was read with another code page is brought back where that can be done without a doubt, line
by line, and told; everything else is refused with the line, because a passphrase that is almost
right is wrong.
"""

import codecs
import re
from dataclasses import dataclass
from typing import Final

from drawbridge.core.errors import BadInput

MOST_BYTES: Final = 1 << 20
"""No file with keys is larger; whatever is, is something else."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The code pages with which UTF-8 is read by mistake, the usual one first.
_PAGES: Final = ("cp1252", "cp1251", "cp1250", "cp437", "cp932")
_MOST_TIMES: Final = 2
_LOST: Final = "\ufffd"
# The first byte of two, read as Latin letters, before what a second byte looks like then.
_TRACES: Final = re.compile(
    "[\u00c2-\u00c5\u00d0\u00d1\u00e2\u00e3\u00f0]"
    "[\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152"
    "\u017d\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]"
)


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text; `repaired` counts the lines that were brought back."""

    text: str
    repaired: int = 0

    def __repr__(self) -> str:
        """Show no text. Why: it holds secrets, and tracebacks print reprs."""
        return f"Text({len(self.text)} characters)"


def read_text(raw: bytes) -> Text:
    """Read a file's text.

    Raises: `BadInput` `too_long`, `import_not_text`, `import_not_utf8`, `import_text_lost`,
    `import_text_broken`, the last three with the line.
    """
    if len(raw) > MOST_BYTES:
        raise BadInput("too_long", field="file", most=MOST_BYTES)
    text = _decoded(raw)
    if "\0" in text:
        raise BadInput("import_not_text", field="file")
    lines = text.splitlines(keepends=True)
    read = [_repaired(line, number) for number, line in enumerate(lines, start=1)]
    return Text("".join(read), sum(a != b for a, b in zip(lines, read, strict=True)))


def _decoded(raw: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as fault:
        if encoding != "utf-8" or b"\0" in raw:
            raise BadInput("import_not_text", field="file") from None
        line = raw.count(b"\n", 0, fault.start) + 1
        raise BadInput("import_not_utf8", field="file", line=line) from None


def _repaired(line: str, number: int) -> str:
    if line.isascii():
        return line
    if _LOST in line:
        raise BadInput("import_text_lost", field="file", line=number)
    for _ in range(_MOST_TIMES):
        before = next((it for it in (_undone(line, page) for page in _PAGES) if it), None)
        if before is None:
            break
        line = before
    if _TRACES.search(line):
        raise BadInput("import_text_broken", field="file", line=number)
    return line


def _undone(line: str, page: str) -> str | None:
    """Undo that UTF-8 was read with this code page; None where that is not what happened."""
    try:
        raw = b"".join(_byte_of(sign, page) for sign in line)
        before = raw.decode("utf-8")
    except UnicodeError:
        return None
    return before if len(before) < len(line) else None


def _byte_of(sign: str, page: str) -> bytes:
    try:
        return sign.encode(page)
    except UnicodeEncodeError:
        # Bytes that a page leaves out come through as control characters of the same number.
        return sign.encode("latin-1")
