"""Whose licences are asked for, as the environment says it."""

import pytest

from drawbridge.app.licence_settings import operator_environment, read_operator
from drawbridge.app.settings import read_settings
from drawbridge.core.errors import BadInput

_KEY = "A" * 43


def test_without_the_settings_nobody_is_asked() -> None:
    assert read_operator({}) is None
    assert read_settings({"DRAWBRIDGE_DATA": "/nowhere"}).operator is None


@pytest.mark.parametrize(
    ("key", "server", "venues", "code"),
    [
        ("", "https://licences.example", "", "licence_needs_both"),
        (_KEY, "", "", "licence_needs_both"),
        ("short", "https://licences.example", "", "licence_bad_key"),
        (_KEY + "=", "https://licences.example", "", "licence_bad_key"),
        (_KEY, "http://licences.example", "", "licence_bad_server"),
        (_KEY, "https://licences.example:x", "", "licence_bad_server"),
        (_KEY, "https://", "", "licence_bad_server"),
        (_KEY, "ftp://127.0.0.1", "", "licence_bad_server"),
        (_KEY, "https://licences.example/?a", "", "licence_bad_server"),
        (_KEY, "https://licences.example", "moon", "licence_bad_venues"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    key: str, server: str, venues: str, code: str
) -> None:
    given = {
        "DRAWBRIDGE_LICENCE_KEY": key,
        "DRAWBRIDGE_LICENCE_SERVER": server,
        "DRAWBRIDGE_LICENCE_VENUES": venues,
    }
    with pytest.raises(BadInput, match=code) as told:
        read_operator(given)
    assert str(told.value.facts["field"]).startswith("DRAWBRIDGE_LICENCE_")


@pytest.mark.parametrize(
    ("server", "venues"),
    [("https://licences.example/here", ""), ("http://127.0.0.1:8720", "live,paper")],
)
def test_what_was_read_is_handed_on_to_child_processes(server: str, venues: str) -> None:
    given = {
        "DRAWBRIDGE_LICENCE_KEY": _KEY,
        "DRAWBRIDGE_LICENCE_SERVER": server,
        "DRAWBRIDGE_LICENCE_VENUES": venues,
    }
    operator = read_operator(given)
    assert operator is not None
    assert read_operator(operator_environment(operator)) == operator
