"""Rights: every operation asks for one, nobody sees what is another's, no secret comes out."""

from collections.abc import Iterator
from typing import Any

from drawbridge.accounts.api_tokens import TokenScope
from drawbridge.accounts.roles import Role
from drawbridge.entrypoints.api.app import build_operations, schema_of
from tests.kit.owner import SECRET
from tests.kit.planted import Planted
from tests.kit.program import BASE, ApiSite, Program
from tests.kit.program_life import Life, live_on

SCHEMA = schema_of(build_operations())
# About others by their nature; whose roles may ask is proven in test_roles.py.
_PEOPLE = ("/people", "/invitations")


def _operations() -> Iterator[tuple[str, str, Any]]:
    for path, operations in SCHEMA["paths"].items():
        for method, described in operations.items():
            yield method.upper(), path, described


def test_every_operation_needs_one_right_and_only_looking_needs_just_that() -> None:
    needs = {}
    for method, path, described in _operations():
        [scheme] = described["security"]
        [scope] = scheme["token"]
        needs[method, path] = scope
        assert (scope == TokenScope.READ) is (method == "GET"), (method, path)
    assert set(needs.values()) == set(TokenScope)
    assert needs["POST", "/keys"] == TokenScope.KEYS


async def test_who_may_only_look_changes_nothing(life: Life) -> None:
    looker = await life.site.program(life.owner, TokenScope.READ, name="Looker")
    for method, path, _ in _operations():
        if method == "GET":
            continue
        answer = await looker.send(method, path.format(**life.ids), {})
        assert (answer.status, answer.code) == (403, "token_lacks_scope"), (method, path)
        assert "insufficient_scope" in answer.headers["www-authenticate"]


async def test_a_right_opens_nothing_else(life: Life) -> None:
    program = await life.site.program(life.owner, TokenScope.LIMITS, name="Brakes")
    assert (await program.post("/stop")).status == 200
    assert (await program.post(f"/robots/{life.robot}/start")).status == 403
    assert (await program.post(f"/keys/{life.key}/disable")).status == 403


async def test_nobody_sees_or_changes_what_is_anothers(life: Life) -> None:
    stranger = await life.site.program(await life.site.owner("Bob", Role.MEMBER))
    own = {"/me", "/exchanges", "/candles", "/strategies", "/audit", "/stop", "/notices/unread"}
    for method, path, described in _operations():
        if "{" not in path or path.startswith(("/exchanges", *_PEOPLE)):
            continue
        body = None if "requestBody" not in described else _body(path)
        answer = await stranger.send(method, path.format(**life.ids), body)
        assert answer.status == 404, (method, path, answer.body)
    for method, path, described in _operations():
        if path.startswith(_PEOPLE):
            continue
        lists = "cursor" in {it["name"] for it in described.get("parameters", ())}
        if method == "GET" and lists and "{" not in path and path not in own:
            assert (await stranger.get(path)).told == {"items": [], "next": None}, path
    for path in (f"/orders?key={life.key}", f"/trades?robot={life.robot}"):
        assert (await stranger.get(path)).status == 404
    tags = [it["tag"] for it in (await stranger.get("/audit")).told["items"]]
    assert tags == ["account:token:made"]


def _body(path: str) -> dict[str, object]:
    if path.endswith(("/enable", "/delete")):
        return {"code": "123456"}
    if path.endswith("/replacement/act"):
        return {"act": "look"}
    if path.endswith("/replacement"):
        return {"code": "123456", "fields": {}}
    return {"currency": "USD"} if path.endswith("/holdings") else {}


async def test_everything_can_be_looked_at(life: Life) -> None:
    await live_on(life)
    for method, path, _ in _operations():
        if method == "GET":
            answer = await life.program.get(path.format(**life.ids))
            assert answer.status == 200, (path, answer.body)


async def test_no_secret_is_in_any_answer_or_on_disk(life: Life, site: ApiSite) -> None:
    """Scenario: a secret is planted wherever a program may put one, rightly or by mistake."""
    planted = Planted({"secret": SECRET, "token": life.program.token})
    good = {"exchange": "kraken", "venue": "paper", "code": life.code()}
    fields = {"api_key": "P" * 55 + "a", "api_secret": SECRET}
    bodies: list[object] = [
        {**good, "fields": {**fields, SECRET: "x"}},
        {**good, "fields": fields, SECRET: "x"},
        {**good, "fields": {**fields, "api_secret": [SECRET]}},
        {**good, "fields": {**fields, "api_secret": SECRET + "!"}},
        {**good, "fields": {**fields, "api_key": SECRET}},
        {**good, "fields": SECRET},
        {**good, "fields": fields, "proof": SECRET},
        {**good, "fields": fields, "venue": SECRET},
        {**good, "fields": fields, "label": SECRET},
        {**good, "fields": fields, "code": SECRET},
        SECRET,
        SECRET.encode(),
    ]
    for body in bodies:
        answer = await life.program.post("/keys", body, idempotency_key=str(bodies.index(body)))
        assert answer.status in {403, 422}, answer.body
        assert not planted.in_bytes(answer.body), answer.body
    good["code"] = life.code()
    answer = await life.program.post("/keys", {**good, "fields": fields}, idempotency_key="good")
    assert answer.status == 201
    assert not planted.in_bytes(answer.body)
    for method, path, _ in _operations():
        if method == "GET":
            told = await life.program.get(path.format(**life.ids))
            assert not planted.in_bytes(told.body), path
    assert not planted.in_folder(site.house.settings.data)


async def test_pages_and_api_do_not_take_each_others_proofs(life: Life) -> None:
    token = life.program.token
    page = await Program(life.site.app).ask(
        "GET", "/keys", {"authorization": f"Bearer {token}"}, b""
    )
    assert (page.status, page.headers["location"]) == (303, "/log-in?next=/keys")
    assert (await Program(life.site.app).ask("GET", f"{BASE}/keys", {}, b"")).status == 401
