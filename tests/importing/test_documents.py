"""Settings files of every kind as their texts and where each stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.importing.documents import Kind, read_document, read_leaves
from tests.kit import foreign_files


@pytest.mark.parametrize(
    ("name", "text", "code", "line"),
    [
        ("a.json", '{"a": "b"\n"c": 1}', "import_unreadable_line", 2),
        ("a.json", "[" * 100_000, "import_unreadable", 0),
        ("a.json", "[" * 50 + '"a"' + "]" * 50, "import_unreadable", 0),
        ("a.toml", "a = \n", "import_unreadable", 0),
        ("a.yml", "a: b\n    c: d\n", "import_unreadable_line", 2),
        ("a.yml", "a: 'b\n", "import_unreadable_line", 1),
        ("a.yml", "\tc: d\n", "import_unreadable_line", 1),
        (".env", "A=b\nwhat is this\n", "import_unreadable_line", 2),
        ("a.py", "a = {" * 60, "import_unreadable", 0),
        ("a.csv", "a\n" + "b\n" * 50_001, "import_too_much", None),
    ],
)
def test_what_cannot_be_read_is_refused_and_not_quoted(
    name: str, text: str, code: str, line: int | None
) -> None:
    with pytest.raises(BadInput) as refused:
        read_document(text.encode(), name)
    assert refused.value.code == code
    assert refused.value.facts.get("line") == line
    assert set(refused.value.facts) <= {"field", "kind", "line", "most"}


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("config.json", foreign_files.FREQTRADE, Kind.JSON),
        ("settings", foreign_files.FREQTRADE, Kind.JSON),
        ("settings", foreign_files.CCXT, Kind.JSON),
        (".env.local", foreign_files.DOTENV, Kind.ENV),
        ("secrets", "A=b\nC=d\n", Kind.ENV),
        ("x.YAML", foreign_files.YAML, Kind.YAML),
        ("accounts", "a:\n  b: c\n", Kind.YAML),
        ("x.toml", foreign_files.TOML, Kind.TOML),
        ("C:\\bots\\bot.py", foreign_files.PYTHON, Kind.CODE),
        ("bot", foreign_files.PYTHON, Kind.CODE),
        ("x.csv", foreign_files.CSV, Kind.CSV),
        ("x", foreign_files.CSV, Kind.CSV),
    ],
)
def test_a_file_is_known_by_its_name_or_by_how_it_begins(name: str, text: str, kind: Kind) -> None:
    assert read_document(text.encode(), name).kind is kind


def test_json_may_have_comments_and_commas_at_the_end_but_not_in_texts() -> None:
    text = '{// a\n"u": "http://x/*no*/,}", /* b,\n} */ "l": ["a", "b",  // c\n ],\n}'
    assert read_leaves(Kind.JSON, text) == {
        ("u",): "http://x/*no*/,}",
        ("l", "0"): "a",
        ("l", "1"): "b",
    }


def test_yaml_is_read_as_it_is_written_in_settings() -> None:
    text = (
        "---\n# c\na: 1 # one\n'b b': \"x # y\\n\"\nc:\n- d: 'it''s'\n  e:\n    f: 0123\n"
        "-\n  g: h\ni:\n  - j\n  - k: l\npem: |\n  -----BEGIN\n  abc\n\n  -----END\nlast: http://x:1/y#z\n"
    )
    assert read_leaves(Kind.YAML, text) == {
        ("a",): "1",
        ("b b",): "x # y\n",
        ("c", "0", "d"): "it's",
        ("c", "0", "e", "f"): "0123",
        ("c", "1", "g"): "h",
        ("i", "0"): "j",
        ("i", "1", "k"): "l",
        ("pem",): "-----BEGIN\nabc\n\n-----END\n",
        ("last",): "http://x:1/y#z",
    }


def test_nested_settings_come_out_of_an_environment_file() -> None:
    text = "[default]\nFREQTRADE__EXCHANGE__KEY='a # b' # c\nexport B=c # d\nP=\"x\\ny\"\n"
    assert read_leaves(Kind.ENV, text) == {
        ("FREQTRADE", "EXCHANGE", "KEY"): "a # b",
        ("B",): "c",
        ("P",): "x\ny",
    }


@given(st.text(max_size=300), st.sampled_from(Kind))
def test_any_text_is_read_or_refused(text: str, kind: Kind) -> None:
    try:
        read_leaves(kind, text)
    except BadInput as refused:
        assert refused.code in {"import_unreadable", "import_unreadable_line"}  # noqa: PT017  read or refused, both are right


def test_a_document_does_not_print_itself() -> None:
    told = repr(read_document(foreign_files.CCXT.encode(), "a.json"))
    assert foreign_files.SECRET not in told
    assert foreign_files.KEY not in told
