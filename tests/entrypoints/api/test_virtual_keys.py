"""Virtual keys by the API: made with a code, told once, narrowed, revoked."""

import pytest

from drawbridge.virtual_keys.uses import UseCounter
from tests.kit.crossed import cross, write_crossing
from tests.kit.program_life import Life

PATH = "/virtual-keys"


def _wish(life: Life, **other: object) -> dict[str, object]:
    return {
        "key": life.key,
        "label": "bot",
        "scopes": ["trade_spot"],
        "pairs": ["BTC/USD"],
        "largest_order": "500 USD",
        "rate": "20",
        "code": life.code(),
        **other,
    }


@pytest.mark.parametrize(
    ("other", "status", "code", "field"),
    [
        ({"key": "key_none"}, 404, "unknown_key", None),
        ({"scopes": ["withdraw"]}, 422, "virtual_bad_scope", "scopes"),
        ({"scopes": ["trade_margin"]}, 422, "virtual_scope_beyond_key", "scopes"),
        ({"pairs": ["gold"]}, 422, "virtual_bad_pair", "pairs"),
        ({"pairs": ["GOLD/USD"]}, 422, "virtual_no_such_pair", "pairs"),
        ({"largest_order": "500", "pairs": []}, 422, "virtual_amount_needs_currency", None),
        ({"addresses": ["home"]}, 422, "bad_address", "addresses"),
        ({"expires_ms": 5}, 422, "expiry_in_the_past", None),
        ({"rate": 20}, 422, "request_field_wrong", "rate"),
        ({"label": "Night bot"}, 409, "virtual_label_taken", "label"),
        ({"owner": "owner_bob"}, 422, "request_field_unknown", None),
        ({"code": "000000"}, 403, "code_wrong", "code"),
        ({"code": ""}, 403, "code_needed", "code"),
    ],
)
async def test_what_cannot_be_made_is_told_by_its_field(
    life: Life, other: dict[str, object], status: int, code: str, field: str | None
) -> None:
    answer = await life.program.post(PATH, _wish(life, **other))
    assert (answer.status, answer.code) == (status, code), answer.body
    if field is not None:
        assert answer.told["field"] == field
    assert len((await life.program.get(PATH)).told["items"]) == 1


async def test_a_virtual_key_is_told_once(life: Life) -> None:
    """Scenario 77."""
    answer = await life.program.post(PATH, _wish(life))
    assert answer.status == 201
    told = answer.told
    assert told["base_url"].endswith("/paper/kraken")
    for text in told["recipes"].values():
        assert told["fields"]["api_secret"] in text
    one = (await life.program.get(f"{PATH}/{told['virtual_key']['id']}")).told
    assert one == told["virtual_key"]
    assert [it["rule"] for it in one["restrictions"]] == [
        "scopes",
        "pairs",
        "largest_order",
        "rate",
    ]
    assert one["restrictions"][2]["facts"] == {"most": {"USD": "500"}}
    listed = await life.program.get(PATH)
    for later in (listed, await life.program.get("/audit")):
        assert told["fields"]["api_secret"].encode() not in later.body


async def test_an_answer_with_a_secret_is_not_kept_on_disk(life: Life) -> None:
    wish = _wish(life)
    made = await life.program.post(PATH, wish, idempotency_key="once")
    assert made.status == 201
    again = await life.program.post(PATH, wish, idempotency_key="once")
    assert (again.status, again.code) == (409, "request_interrupted")
    assert len((await life.program.get(PATH)).told["items"]) == 2
    secret = made.told["fields"]["api_secret"]
    rows = await life.site.house.database.fetch_all("SELECT * FROM api_answers")
    assert not any(secret in str(tuple(row)) for row in rows)


async def test_narrowed_used_and_revoked(life: Life) -> None:
    one = f"{PATH}/{life.virtual_key}"
    assert (await life.program.post(f"{one}/narrow", {})).code == "virtual_nothing_to_narrow"
    narrowed = (await life.program.post(f"{one}/narrow", {"order_sides": ["sell"]})).told
    assert [it["number"] for it in narrowed["restrictions"]] == [1, 3]
    counter, now_ms = UseCounter(life.site.house.database), life.site.house.clock.now_ms()
    counter.note(life.virtual_key, None, now_ms)
    await counter.flush()
    [use] = (await life.program.get(f"{one}/uses")).told
    assert (use["rule"], use["times"], use["last_ms"]) == ("", 1, now_ms)
    assert (await life.program.get(PATH)).told["items"][0]["used_ms"] == now_ms
    assert (await life.program.post(f"{one}/revoke")).told["revoked_ms"] == now_ms
    assert (await life.program.post(f"{one}/narrow", {"order_sides": ["buy"]})).status == 409


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ("vk_none/requests", 404, "unknown_virtual_key"),
        ("{}/requests?outcome=lost", 422, "request_field_wrong"),
        ("{}/requests?day=yesterday", 422, "bad_day"),
        ("{}/requests?cursor=vk_none", 422, "bad_cursor"),
    ],
)
async def test_requests_that_cannot_be_looked_for_are_told(
    life: Life, asked: str, status: int, code: str
) -> None:
    answer = await life.program.get(f"{PATH}/{asked.format(life.virtual_key)}")
    assert (answer.status, answer.code) == (status, code)


async def test_a_moment_that_nobody_could_keep_is_refused(life: Life) -> None:
    one = f"{PATH}/{life.virtual_key}"
    asked = await life.program.get(f"{one}/uses?since_ms={10**26}")
    assert (asked.status, asked.code) == (422, "request_field_wrong")
    narrowed = await life.program.post(f"{one}/narrow", {"expires_ms": 10**26})
    assert (narrowed.status, narrowed.code) == (422, "request_field_wrong")


async def test_requests_come_a_page_at_a_time_and_narrowed(life: Life) -> None:
    house, whose = life.site.house, (life.owner, life.virtual_key)
    await cross(house, whose, "passed")
    await cross(house, whose, "refused", "virtual_pair", "pairs")
    await cross(house, whose, "passed")
    await write_crossing(house.database, (life.person, "vk_other"), 1, ("passed", "", ""))
    path = f"{PATH}/{life.virtual_key}/requests"
    page = (await life.program.get(f"{path}?limit=2")).told
    assert [it["outcome"] for it in page["items"]] == ["passed", "refused"]
    page = (await life.program.get(f"{path}?limit=2&cursor={page['next']}")).told
    assert (len(page["items"]), page["next"]) == (1, None)
    for narrowed in ("outcome=refused", "rule=pairs"):
        [one] = (await life.program.get(f"{path}?{narrowed}")).told["items"]
        assert (one["code"], one["request"], one["took_us"]) == ("virtual_pair", "add_order", 1500)
    assert (await life.program.get(f"{path}?day=1999-12-31")).told["items"] == []
