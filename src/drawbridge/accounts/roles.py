"""Which role may do what. Pure: one table, and whatever does not stand in it is refused.

Whose things are shown is another question; `Owner.account` answers it. Where this table is asked
is the rim of each process: pages, API, bot and command line.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from drawbridge.core.errors import BadInput, Forbidden


class Role(StrEnum):
    """What somebody is in this house. One is it as a whole; there are no mixtures."""

    OWNER = "owner"
    MEMBER = "member"
    READ_ONLY = "read_only"
    OPERATOR = "operator"


class Act(StrEnum):
    """What can be asked of the house, as far as roles tell apart.

    `PERSONAL` is what is one's own whatever one may see: password, authenticator, passkeys,
    sessions, language, chat, tokens. `LOOK` shows an account, `CHANGE` changes it: keys, robots,
    orders, limits, notices. `HALT` ends, switches off and freezes what is others'; `RULE` decides
    who belongs here and as what. `OPERATE` shows the machinery: which processes do the work.
    """

    PERSONAL = "personal"
    LOOK = "look"
    CHANGE = "change"
    VAULT = "vault"
    SEE_PEOPLE = "see_people"
    HALT = "halt"
    RULE = "rule"
    OPERATE = "operate"


# An operator has no LOOK: names and states of keys are told with SEE_PEOPLE, money never.
_MAY: Final[Mapping[Role, frozenset[Act]]] = {
    Role.OWNER: frozenset(Act),
    Role.MEMBER: frozenset({Act.PERSONAL, Act.LOOK, Act.CHANGE}),
    Role.READ_ONLY: frozenset({Act.PERSONAL, Act.LOOK}),
    Role.OPERATOR: frozenset({Act.PERSONAL, Act.SEE_PEOPLE, Act.HALT, Act.OPERATE}),
}


def may(role: Role, act: Act) -> bool:
    """Tell whether a role may do this."""
    return act in _MAY[role]


def check_may(role: Role, act: Act) -> None:
    """Refuse what a role may not do. Raises: `Forbidden("role_forbids")`."""
    if not may(role, act):
        raise Forbidden("role_forbids", rule="role", role=role.value)


def read_role(text: str) -> Role:
    """Read a role by its name. Raises: `BadInput("unknown_role")`."""
    try:
        return Role(text)
    except ValueError:
        known = ", ".join(Role)
        raise BadInput("unknown_role", field="role", given=text[:40], known=known) from None
