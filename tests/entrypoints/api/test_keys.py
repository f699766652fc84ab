"""Keys by the API: refused for what is wrong, added with a code, and never told again."""

import pytest

from drawbridge.trading.foreign_trades import keep_trades
from tests.kit.owner import KEY, SECRET
from tests.kit.program_life import TRADING, Life
from tests.kit.trades import trade

GOOD = {"api_key": "G" * 55 + "a", "api_secret": SECRET}


def _wish(life: Life, **other: object) -> dict[str, object]:
    return {"exchange": "kraken", "venue": "paper", "fields": GOOD, "code": life.code(), **other}


@pytest.mark.parametrize(
    ("other", "status", "code", "field"),
    [
        ({"exchange": "nowhere"}, 404, "unknown_exchange", None),
        ({"exchange": "../kraken"}, 404, "unknown_exchange", None),
        ({"venue": "moon"}, 422, "request_field_wrong", "venue"),
        ({"fields": {}}, 422, "missing_field", "api_key"),
        ({"fields": {"api_key": GOOD["api_key"]}}, 422, "missing_field", "api_secret"),
        ({"fields": {**GOOD, "pin": "1"}}, 422, "key_fields_unknown", "fields"),
        ({"fields": {**GOOD, "api_secret": "short"}}, 422, "wrong_format", "api_secret"),
        ({"fields": {**GOOD, "api_secret": 7}}, 422, "request_field_wrong", "fields.…"),
        ({"fields": {**GOOD, "api_key": KEY}}, 409, "key_already_yours", "api_key"),
        ({"label": "Main"}, 409, "label_taken", "label"),
        ({"proof": "hope"}, 422, "request_field_wrong", "proof"),
        ({"made": "yesterday"}, 422, "bad_day", "made"),
        ({"made": "2999-01-01"}, 422, "made_in_future", "made"),
        ({"code": "000000"}, 403, "code_wrong", "code"),
        ({"code": ""}, 403, "code_needed", "code"),
        ({"code": None}, 422, "request_field_wrong", "code"),
    ],
)
async def test_what_is_wrong_with_a_new_key_is_told_by_its_field(
    life: Life, other: dict[str, object], status: int, code: str, field: str | None
) -> None:
    answer = await life.program.post("/keys", _wish(life, **other))
    assert (answer.status, answer.code) == (status, code), answer.body
    assert answer.told["field"] == field
    assert len((await life.program.get("/keys")).told["items"]) == 1


async def test_without_an_authenticator_no_key_is_added(life: Life) -> None:
    await life.site.house.accounts.remove_second_factor(life.owner, life.code())
    answer = await life.program.post("/keys", _wish(life))
    assert (answer.status, answer.code) == (409, "second_factor_not_set")


async def test_a_key_is_added_and_its_check_asked_for(life: Life) -> None:
    fields = {**GOOD, "api_secret": f"  {SECRET}\n"}
    answer = await life.program.post("/keys", _wish(life, fields=fields, label="Second"))
    assert answer.status == 201
    told = answer.told
    assert (told["cleaned"], told["seen_before"]) == (["api_secret"], False)
    key = (await life.program.get(f"/keys/{told['key']['id']}")).told
    assert key == told["key"]
    assert (key["label"], key["status"], key["public_key"]) == (
        *("Second", "unverified"),
        GOOD["api_key"],
    )
    [asked] = await life.site.house.vault.list_asked()
    assert asked.id == key["id"]
    check = (await life.program.get(f"/keys/{key['id']}/check")).told
    assert check == {"number": 0, "is_done": False, "steps": [], "remarks": []}


async def test_a_code_counts_once(life: Life) -> None:
    wish = _wish(life)
    assert (await life.program.post("/keys", wish)).status == 201
    other = {**wish, "fields": {**GOOD, "api_key": "H" * 55 + "a"}}
    answer = await life.program.post("/keys", other)
    assert (answer.status, answer.code) == (403, "code_wrong")


async def test_who_guesses_codes_has_to_wait(life: Life) -> None:
    for _ in range(6):
        await life.program.post("/keys", _wish(life, code="000000"))
    answer = await life.program.post("/keys", _wish(life))
    assert (answer.status, answer.code) == (429, "too_many_attempts")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_key_is_switched_off_and_with_a_code_on_again(life: Life) -> None:
    path = f"/keys/{life.key}"
    assert (await life.program.post(f"{path}/enable", {"code": life.code()})).code == (
        "key_not_disabled"
    )
    assert (await life.program.post(f"{path}/disable")).told["status"] == "disabled"
    assert (await life.program.post(f"{path}/check")).code == "key_disabled"
    assert (await life.program.post(f"{path}/enable", {"code": "000000"})).code == "code_wrong"
    answer = await life.program.post(f"{path}/enable", {"code": life.code()})
    assert (answer.status, answer.told["status"]) == (200, "unverified")


async def test_a_check_is_asked_for(life: Life) -> None:
    wrong = await life.program.post(f"/keys/{life.key}/check", {"proof": "hope"})
    assert (wrong.status, wrong.told["field"]) == (422, "proof")
    answer = await life.program.post(f"/keys/{life.key}/check", {"proof": "skip"})
    assert answer.status == 202
    [asked] = await life.site.house.vault.list_asked()
    assert (asked.id, asked.check_proof) == (life.key, "skip")


async def test_a_key_is_deleted_with_a_code_once_nothing_needs_it(life: Life) -> None:
    path = f"/keys/{life.key}/delete"
    await life.program.post(f"/robots/{life.robot}/start")
    used = await life.program.post(path, {"code": life.code()})
    assert (used.code, used.told["facts"]["robots"]) == ("key_used_by_robots", ["Ace"])
    async with life.site.house.database.transaction() as tx:
        await tx.execute("UPDATE robot_accounts SET status = 'stopped'")
        await tx.execute("UPDATE robots SET status = 'stopped'")
    assert (await life.program.post(path, {"code": "000000"})).code == "code_wrong"
    used = await life.program.post(path, {"code": life.code()})
    assert (used.code, used.told["facts"]["count"]) == ("key_used_by_virtual_keys", 1)
    await life.program.post(f"/virtual-keys/{life.virtual_key}/revoke")
    answer = await life.program.post(path, {"code": life.code()}, idempotency_key="gone")
    assert (answer.status, answer.body) == (204, b"")
    again = await life.program.post(path, {"code": "any"}, idempotency_key="gone")
    assert again.code == "idempotency_key_used"
    assert (await life.program.get(f"/keys/{life.key}")).status == 404


async def test_keys_come_a_page_at_a_time(life: Life) -> None:
    for letter in "XYZ":
        fields = {"api_key": letter * 55 + "a", "api_secret": SECRET}
        await life.site.house.vault.add(life.owner, "kraken", "paper", fields)
    seen, cursor = [], ""
    while True:
        page = (await life.program.get(f"/keys?limit=3&cursor={cursor}")).told
        seen += [it["id"] for it in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == [key.id for key in await life.site.house.vault.list_keys(life.owner)]
    assert (await life.program.get("/keys?cursor=key_none")).code == "bad_cursor"
    for limit in ("0", "201", "many"):
        wrong = await life.program.get(f"/keys?limit={limit}")
        assert (wrong.status, wrong.told["field"]) == (422, "limit")


async def test_a_refused_key_tells_why(life: Life) -> None:
    facts = {"exchange": "Kraken", "switches": "Withdraw funds"}
    await life.site.house.vault.refuse(life.key, "key_can_withdraw", facts, TRADING.scopes)
    key = (await life.program.get(f"/keys/{life.key}")).told
    assert (key["status"], key["reason"]["code"]) == ("refused", "key_can_withdraw")
    assert "Withdraw funds" in key["reason"]["message"]
    assert key["scopes"] == ["read", "trade_spot"]


async def test_what_a_person_says_of_a_keys_end_is_kept_and_told(life: Life) -> None:
    """Scenario 42: with positions as chosen."""
    path = f"/keys/{life.key}/life"
    for wrong, field in (({"pause_days": 31}, "pause_days"), ({"made": "soon"}, "made")):
        answer = await life.program.post(path, wrong)
        assert (answer.status, answer.told["field"]) == (422, field)
    wish = {"made": "2025-01-02", "pause_days": 3, "closes": True, "watched": True}
    told = (await life.program.post(path, wish)).told
    assert told["life"] == {
        "made_ms": 1_735_776_000_000,
        "dated": "",
        "pause_before_ms": 259_200_000,
        "closes": True,
        "watched": True,
    }
    told = (await life.program.post(path, {"made": "", "watched": False})).told
    assert (told["life"]["made_ms"], told["life"]["watched"]) == (None, False)
    assert told["life"]["closes"] is True, "what is left out stays as it is"
    assert told == (await life.program.get(f"/keys/{life.key}")).told


async def test_trades_from_elsewhere_are_listed(life: Life) -> None:
    path = f"/keys/{life.key}/foreign-trades"
    assert (await life.program.get(path)).told["items"] == []
    fill = trade("sell", "0.5", "100", 7)
    async with life.site.house.database.transaction() as tx:
        await keep_trades(tx, life.key, [fill], 9)
    [told] = (await life.program.get(path)).told["items"]
    assert (told["symbol"], told["quantity"], told["seen_ms"]) == (fill.symbol, "0.5", 9)
    assert (await life.program.get("/keys/key_nobodys/foreign-trades")).status == 404
