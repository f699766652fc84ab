"""Forms with files, parted in memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.pages.uploads import read_multipart

TYPE = "multipart/form-data; boundary=rim"


def body(*parts: bytes) -> bytes:
    return b"".join(b"--rim\r\n" + part + b"\r\n" for part in parts) + b"--rim--\r\n"


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("multipart/form-data", body(b"")),
        (TYPE, b"nothing of the kind"),
        (TYPE, body(b'Content-Disposition: form-data; name="' + b"n" * 2000 + b'"\r\n\r\nx')),
        (TYPE, body(*[b'Content-Disposition: form-data; name="a"\r\n\r\nx'] * 300)),
    ],
)
def test_what_is_no_form_is_refused(kind: str, raw: bytes) -> None:
    with pytest.raises(BadInput) as refused:
        read_multipart(kind, raw)
    assert refused.value.code == "form_not_readable"


def test_fields_and_files_come_out_as_they_went_in() -> None:
    raw = bytes(range(256))
    texts, files = read_multipart(
        TYPE,
        body(
            'Content-Disposition: form-data; name="a"\r\n\r\nö & =\r\n1'.encode(),
            b'Content-Disposition: form-data; name="a"\r\n\r\n',
            b'content-disposition: form-data; name="f"; filename="C:\\x\\c.json"\r\n'
            b"Content-Type: application/json\r\n\r\n" + raw,
        ),
    )
    assert texts == [("a", "ö & =\r\n1"), ("a", "")]
    assert (files["f"].name, files["f"].raw) == ("c.json", raw)
    assert "c.json" in repr(files["f"])
    assert "\\x01" not in repr(files["f"])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read_multipart(TYPE, b"--rim\r\n" + raw)
    except BadInput as refused:
        assert refused.code == "form_not_readable"  # noqa: PT017  either is right
