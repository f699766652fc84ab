"""Forms with files: parted in memory, never in a file of ours.

Why not the framework's own reader: it puts larger files into temporary ones, and what people
bring here are files with secrets.
"""

from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from drawbridge.core.errors import BadInput

MULTIPART: Final = "multipart/form-data"
_MOST_PARTS: Final = 256
_MOST_HEADER_BYTES: Final = 1_024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody chose; its name is theirs and means nothing here."""

    name: str
    raw: bytes = field(repr=False)


@dataclass(slots=True)
class _Part:
    """What is known of a part while it comes in."""

    disposition: bytes = b""
    header: bytes = b""
    value: bytes = b""
    body: bytearray = field(default_factory=bytearray, repr=False)


class _Reader:
    """Puts together what the parser tells piece by piece."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []
        self.files: dict[str, Upload] = {}
        self._part = _Part()
        self._count = 0

    def begin(self) -> None:
        self._count += 1
        self._part = _Part()
        if self._count > _MOST_PARTS:
            raise BadInput("form_not_readable")

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.header = self._within(self._part.header + data[start:end])

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value = self._within(self._part.value + data[start:end])

    def header_end(self) -> None:
        if self._part.header.lower() == b"content-disposition":
            self._part.disposition = self._part.value
        self._part.header = self._part.value = b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self._part.body += data[start:end]

    def end(self) -> None:
        part = self._part
        _, told = parse_options_header(part.disposition)
        name = told.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in told:
            # Some browsers tell the whole way to a file.
            base = told[b"filename"].decode("utf-8", "replace").replace("\\", "/")
            self.files[name] = Upload(base.rpartition("/")[2], bytes(part.body))
        else:
            self.texts.append((name, part.body.decode("utf-8", "replace")))
        part.body[:] = bytes(len(part.body))

    def _within(self, header: bytes) -> bytes:
        if len(header) > _MOST_HEADER_BYTES:
            raise BadInput("form_not_readable")
        return header


def read_multipart(
    content_type: str, body: bytes
) -> tuple[list[tuple[str, str]], dict[str, Upload]]:
    """Read the fields and the files of a form. Raises: `BadInput("form_not_readable")`."""
    _, told = parse_options_header(content_type)
    reader = _Reader()
    try:
        parser = MultipartParser(
            told.get(b"boundary", b""),
            {
                "on_part_begin": reader.begin,
                "on_part_data": reader.data,
                "on_part_end": reader.end,
                "on_header_field": reader.header_field,
                "on_header_value": reader.header_value,
                "on_header_end": reader.header_end,
            },
        )
        parser.write(body)
        parser.finalize()
    except MultipartParseError:
        raise BadInput("form_not_readable") from None
    return reader.texts, reader.files
