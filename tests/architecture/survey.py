"""Every check over everything that is ours, in one pass: each file is parsed once, and let go.

Why let go: the syntax of all files at once takes hundreds of megabytes, which every later test of
the process would pay for with slow collections of garbage.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Final

import pytest

from tests.architecture.money import find_floats
from tests.architecture.names import (
    find_test_shortcuts,
    find_undescribed,
    find_unexplained_silence,
    find_vague_files,
)
from tests.architecture.rooms import (
    find_impure_exchanges,
    find_network,
    find_referees,
    find_surroundings,
)
from tests.architecture.sizes import find_oversized
from tests.architecture.tree import ROOT, Check, Finding, Tree, read_modules

PRODUCT: Final = "src"
AROUND: Final = ("tests", "tools", "benchmarks")
_EVERYWHERE: Final = (
    find_vague_files,
    find_undescribed,
    find_unexplained_silence,
    find_oversized,
)
_CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {
    PRODUCT: (
        *_EVERYWHERE,
        find_floats,
        find_surroundings,
        find_network,
        find_impure_exchanges,
        find_referees,
    ),
    **dict.fromkeys(AROUND, _EVERYWHERE),
    "tests": (*_EVERYWHERE, find_test_shortcuts),
}


def assert_kept(check: Check) -> None:
    """Fail with every place where a check finds its rule broken, one to a line."""
    areas = [area for area, checks in _CHECKS.items() if check in checks]
    assert areas, "a check that is asked for nowhere proves nothing"
    found = [f"{area}/{finding}" for area in areas for finding in sorted(_found_in(area)[check])]
    if found:
        pytest.fail("\n".join(["the house rules are broken:", *found]), pytrace=False)


@cache
def _found_in(area: str) -> Mapping[Check, list[Finding]]:
    found: defaultdict[Check, list[Finding]] = defaultdict(list)
    root = ROOT / area
    assert root.is_dir(), f"there is no {area}"
    for module in read_modules(root):
        alone = Tree(root, (module,))
        for check in _CHECKS[area]:
            found[check] += check(alone)
    return found
