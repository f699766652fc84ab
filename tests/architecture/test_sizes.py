"""Nothing outgrows its size, and the check would notice."""

from pathlib import Path

from tests.architecture.planting import bites, plant
from tests.architecture.sizes import find_oversized
from tests.architecture.survey import assert_kept

_DEEP = """
def deep():
    for a in b:
        if a:
            with a:
                while a:
                    pass
"""
_ELIF = """
def chain(a):
    for _ in a:
        if a == 1:
            pass
        elif a == 2:
            pass
        elif a == 3:
            with a:
                pass
        elif a == 4:
            pass
"""


def test_a_file_of_401_lines_is_found(tmp_path: Path) -> None:
    tree = plant(tmp_path, {"long.py": "x = 1\n" * 401, "right.py": "x = 1\n" * 400})
    assert bites(find_oversized, tree) == ["long.py:1"]


def test_a_function_of_61_lines_is_found(tmp_path: Path) -> None:
    long = "def long():\n" + "    x = 1\n" * 60
    right = "async def right():\n" + "    x = 1\n" * 59
    tree = plant(tmp_path, {"functions.py": long + right})
    assert bites(find_oversized, tree) == ["functions.py:1"]


def test_a_function_that_nests_four_deep_is_found(tmp_path: Path) -> None:
    tree = plant(tmp_path, {"deep.py": _DEEP, "chain.py": _ELIF})
    assert bites(find_oversized, tree) == ["deep.py:2"]


def test_a_class_with_13_public_methods_is_found(tmp_path: Path) -> None:
    methods = "".join(f"    def method_{n}(self): ...\n" for n in range(12))
    right = "class Right:\n" + methods + "    def _own(self): ...\n"
    wide = "class Wide:\n" + methods + "    def one_more(self): ...\n"
    tree = plant(tmp_path, {"classes.py": wide + right})
    assert bites(find_oversized, tree) == ["classes.py:1"]


def test_nothing_in_the_product_or_around_it_has_outgrown_its_size() -> None:
    assert_kept(find_oversized)
