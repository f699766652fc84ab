"""Files in any encoding: read, brought back, or refused with the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.importing.texts import MOST_BYTES, read_text


@pytest.mark.parametrize(
    ("raw", "code", "line"),
    [
        (b"ok\nKonto f\xfcr mich\n", "import_not_utf8", 2),
        ("ok\nKonto f\ufffdr mich\n".encode(), "import_text_lost", 2),
        ("Ã¼ber Ä und Â£ Ã\u0081Ö".encode(), "import_text_broken", 1),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "import_not_text", None),
        (b"abc\0def", "import_not_text", None),
        (b"\xff\xfea", "import_not_text", None),
        (b"a" * (MOST_BYTES + 1), "too_long", None),
    ],
)
def test_what_cannot_be_read_without_a_doubt_is_refused_with_its_line(
    raw: bytes, code: str, line: int | None
) -> None:
    """Scenario 71."""
    with pytest.raises(BadInput) as refused:
        read_text(raw)
    assert refused.value.code == code
    assert refused.value.facts["field"] == "file"
    assert refused.value.facts.get("line") == line


@pytest.mark.parametrize("page", ["cp1252", "latin-1", "cp1251", "cp437"])
@pytest.mark.parametrize("text", ["Schlüssel für Jörg", "ключ", "Ação número três", "café “là”"])
def test_utf8_that_was_read_as_another_code_page_is_brought_back(text: str, page: str) -> None:
    """Scenario 71."""
    broken = "".join(_shown(byte, page) for byte in text.encode())
    told = read_text(f"# fine\n{broken}\n".encode())
    assert told.text == f"# fine\n{text}\n"
    assert told.repaired == 1


def test_what_was_broken_twice_is_brought_back_as_well() -> None:
    """Scenario 71."""
    once = "für".encode().decode("cp1252")
    assert read_text(once.encode().decode("cp1252").encode()).text == "für"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize(
    "text",
    ["ключ от биржи", "всё ещё живо", "NÃO É, são três", "取引所の鍵", "Żółć", "مفتاح", "e = 5 €"],
)
def test_text_that_is_right_stays_as_it_is(text: str, encoding: str) -> None:
    told = read_text(text.encode(encoding))
    assert (told.text, told.repaired) == (text, 0)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read_text(raw)
    except BadInput as refused:
        assert refused.facts["field"] == "file"  # noqa: PT017  either is right, nothing else is


def test_a_text_does_not_print_itself() -> None:
    assert "hunter2" not in repr(read_text(b"hunter2"))


def _shown(byte: int, page: str) -> str:
    """Give the sign that a program shows for a byte that it takes to be of this code page."""
    try:
        return bytes([byte]).decode(page)
    except UnicodeDecodeError:
        return chr(byte)
