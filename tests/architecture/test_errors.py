"""Codes that are raised, sentences that people read, and the error reference are the same list."""

from pathlib import Path

import pytest

from tests.architecture.planting import plant
from tests.architecture.tree import ROOT
from tools.error_codes import collect_codes, find_absent
from tools.make_reference import error_reference, read_error_sentences

_ERRORS = """
class DrawbridgeError(Exception): ...
class BadInput(DrawbridgeError): ...
class Conflict(DrawbridgeError): ...
"""
_RAISES = """
from drawbridge.core import errors
from drawbridge.core.errors import BadInput, Conflict

TAKEN = "name_taken"
REASONS = {1: "too_small", 2: "too_large"}

def a(field):
    raise BadInput("empty", field=field)

def b(long):
    raise errors.BadInput("too_long" if long else "too_short")

def c():
    raise Conflict(TAKEN)

def d(which):
    raise BadInput(REASONS[which])

def e(code):
    return BadInput(code)

def f():
    raise e("from_a_wrapper")

def g():
    raise ValueError("not ours")
"""
_WIRE = 'FAMILIES: Mapping[str, type] = {"conflict": Conflict, "bad_input": BadInput}\n'
_TABLE = """
[[error]]
status = 400
code = "-1"
reason = "duplicate_client_id"
family = "conflict"
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a small product that raises codes in every way that the house uses."""
    files = {
        "drawbridge/core/errors.py": _ERRORS,
        "drawbridge/vault/service.py": _RAISES,
        "drawbridge/wire/errors.py": _WIRE,
    }
    plant(tmp_path, files)
    folder = tmp_path / "drawbridge/exchanges/one"
    folder.mkdir(parents=True)
    (folder / "errors.toml").write_text(_TABLE)
    return tmp_path


def test_every_way_of_raising_a_code_is_seen(source: Path) -> None:
    assert collect_codes(source) == {
        "duplicate_client_id": {"Conflict"},
        "empty": {"BadInput"},
        "from_a_wrapper": {"BadInput"},
        "name_taken": {"Conflict"},
        "too_large": {"BadInput"},
        "too_long": {"BadInput"},
        "too_short": {"BadInput"},
        "too_small": {"BadInput"},
    }


def test_a_code_said_twice_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "drawbridge/wording/locales/en"
    folder.mkdir(parents=True)
    (folder / "one.toml").write_text('[errors]\nempty = "…"\n')
    (folder / "two.toml").write_text('[errors]\nempty = "…"\n')
    with pytest.raises(ValueError, match=r"two\.toml: the error empty has a sentence already"):
        read_error_sentences(tmp_path)


def test_a_sentence_counts_only_if_its_code_stands_in_the_product(source: Path) -> None:
    assert find_absent(source, ["name_taken", "never_raised"]) == ["never_raised"]


def test_the_reference_tells_family_status_exit_and_sentence() -> None:
    page = error_reference(
        {"empty": frozenset({"BadInput"})}, {"empty": "{field} is empty.", "odd": "Odd | even."}
    )
    assert page.endswith(
        "| `empty` | BadInput | 422 | 2 | {field} is empty. |\n"
        "| `odd` | - | - | - | Odd \\| even. |\n"
    )


def test_every_code_of_the_product_has_a_sentence() -> None:
    missing = set(collect_codes(ROOT / "src")) - set(read_error_sentences(ROOT / "src"))
    assert sorted(missing) == []


def test_every_sentence_about_an_error_has_a_code_in_the_product() -> None:
    source = ROOT / "src"
    unraised = set(read_error_sentences(source)) - set(collect_codes(source))
    assert find_absent(source, unraised) == []
