"""The table of roles: whole, and nothing in it that nobody decided."""

import pytest

from drawbridge.accounts.roles import Act, Role, check_may, may, read_role
from drawbridge.core.errors import BadInput, Forbidden

_TABLE = {
    Role.OWNER: "personal look change vault see_people halt rule operate",
    Role.MEMBER: "personal look change",
    Role.READ_ONLY: "personal look",
    Role.OPERATOR: "personal see_people halt operate",
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("act", Act)
def test_each_role_may_what_was_decided_and_nothing_else(role: Role, act: Act) -> None:
    if act.value in _TABLE[role].split():
        assert may(role, act)
        check_may(role, act)
        return
    assert not may(role, act)
    with pytest.raises(Forbidden, match="role_forbids"):
        check_may(role, act)


@pytest.mark.parametrize("text", ["", "Owner", "root", "owner ", "x" * 1_000])
def test_a_word_that_is_no_role_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(BadInput, match="unknown_role") as told:
        read_role(text)
    assert told.value.facts["known"] == "owner, member, read_only, operator"
    assert len(str(told.value.facts["given"])) <= 40
