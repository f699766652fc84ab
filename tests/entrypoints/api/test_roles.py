"""Every operation, for every role: what each does is decided here, and the API keeps to it."""

import re

import pytest

from drawbridge.accounts.api_tokens import TokenScope, scopes_of
from drawbridge.accounts.roles import Act, Role, may
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import Forbidden
from drawbridge.entrypoints.api.app import build_operations, schema_of
from tests.kit.owner import KEY
from tests.kit.program import ApiSite, Program
from tests.kit.program_life import Life

SCHEMA = schema_of(build_operations())
# What only looks is LOOK and what changes something is CHANGE, but for these.
ELSE = {
    Act.PERSONAL: {"GET /me"},
    Act.VAULT: {"GET /backups"},
    Act.SEE_PEOPLE: {
        "GET /people",
        "GET /people/{person}",
        "GET /people/{person}/keys",
        "GET /invitations",
    },
    Act.OPERATE: {"GET /workers"},
    Act.HALT: {
        "POST /people/{person}/keys/{key}/disable",
        "POST /people/{person}/end-sessions",
        "POST /people/{person}/end",
        "POST /freeze",
    },
    Act.RULE: {
        "POST /people/{person}/let-back",
        "POST /people/{person}/role",
        "POST /invitations",
        "POST /invitations/{invitation}/withdraw",
    },
}
_NAME = re.compile(r"\{[^}]+\}")
_ALL = sorted(
    f"{method.upper()} {path}"
    for path, operations in SCHEMA["paths"].items()
    for method in operations
)


def _act_of(operation: str) -> Act:
    for act, those in ELSE.items():
        if operation in those:
            return act
    return Act.LOOK if operation.startswith("GET ") else Act.CHANGE


async def _program_of(life: Life, role: Role) -> Program:
    """Give a program of somebody with this role, whose token once was allowed everything."""
    owner = await life.site.owner(role.value)
    program = await life.site.program(owner)
    sees = life.owner if role is Role.READ_ONLY else ""
    async with life.site.house.database.transaction() as tx:
        sql = "UPDATE owners SET role = ?, sees = ? WHERE id = ?"
        await tx.execute(sql, role, sees, owner)
    return program


def test_nothing_is_decided_that_is_not_there() -> None:
    assert {it for those in ELSE.values() for it in those} <= set(_ALL)


@pytest.mark.parametrize("role", Role)
async def test_an_operation_opens_to_whose_role_may_do_it_whatever_the_token_says(
    life: Life, role: Role
) -> None:
    program = await _program_of(life, role)
    for operation in _ALL:
        method, path = operation.split()
        address = _NAME.sub("nothing_here", path)
        answer = await program.send(method, address, {})
        is_refused = answer.status == 403 and answer.code == "role_forbids"
        assert is_refused is not may(role, _act_of(operation)), (role, operation, answer.status)
        assert answer.status < 500, operation


@pytest.mark.parametrize("role", Role)
async def test_a_token_is_made_with_no_more_than_the_role_has(site: ApiSite, role: Role) -> None:
    owner = await site.owner("Somebody", role)
    for scope in TokenScope:
        if scope in scopes_of(role):
            await site.house.tokens.make(owner, scope.value, [scope], DAY_MS)
            continue
        with pytest.raises(Forbidden, match="role_lacks_scope"):
            await site.house.tokens.make(owner, scope.value, [scope], DAY_MS)


async def test_who_may_only_look_is_shown_the_inviters_things(life: Life) -> None:
    program = await _program_of(life, Role.READ_ONLY)
    assert [it["id"] for it in (await program.get("/keys")).told["items"]] == [life.key]
    me = (await program.get("/me")).told
    assert (me["role"], me["account"]) == ("read_only", life.owner)
    assert (await program.post("/stop")).code == "role_forbids"


async def test_an_operators_program_sees_keys_by_name_and_switches_them_off(life: Life) -> None:
    program = await _program_of(life, Role.OPERATOR)
    listed = await program.get(f"/people/{life.owner}/keys")
    assert listed.told["items"][0]["label"] == "Main"
    assert KEY.encode() not in listed.body
    switched = await program.post(f"/people/{life.owner}/keys/{life.key}/disable")
    assert switched.told["status"] == "disabled"
    assert (await program.post(f"/people/{life.person}/keys/{life.key}/disable")).status == 404
    ended = await program.post(f"/people/{life.owner}/end-sessions")
    assert (ended.status, ended.code) == (403, "not_over_owner")


async def test_ending_and_inviting_ask_for_the_code(life: Life) -> None:
    for path, body in (
        (f"/people/{life.person}/end", {}),
        (f"/people/{life.person}/role", {"role": "operator"}),
        ("/invitations", {"role": "owner"}),
        ("/freeze", {"exchange": "kraken"}),
    ):
        answer = await life.program.post(path, {**body, "code": "000000"})
        assert (answer.status, answer.code) == (403, "code_wrong"), path
    made = await life.program.post("/invitations", {"role": "member", "code": life.code()})
    assert made.status == 201
    assert "/join/" in made.told["link"]
    frozen = await life.program.post("/freeze", {"exchange": "kraken", "code": life.code()})
    assert [it["status"] for it in frozen.told] == ["disabled"]


async def test_of_who_is_ended_no_token_opens_anything(life: Life) -> None:
    theirs = await life.site.program(life.person)
    assert (await theirs.get("/me")).status == 200
    ended = await life.program.post(f"/people/{life.person}/end", {"code": life.code()})
    assert ended.told["ended_ms"] is not None
    assert (await theirs.get("/me")).code == "token_wrong"
    back = await life.program.post(f"/people/{life.person}/let-back", {"code": life.code()})
    assert back.told["ended_ms"] is None
    assert (await theirs.get("/me")).code == "token_wrong"
