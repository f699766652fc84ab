"""Robots, trials, limits, orders, accounts and the rest: refused first, then done."""

from decimal import Decimal

import pytest

from drawbridge.accounts.api_tokens import TokenScope
from drawbridge.trading.holdings import Holding, Portfolio
from tests.kit.owner import SECRET
from tests.kit.program_life import Life
from tests.kit.store import without_trigger

WISH = {"symbol": "BTC/USD", "amount": "100"}


async def test_who_one_is_and_until_when(life: Life) -> None:
    told = (await life.program.get("/me")).told
    assert (told["id"], told["name"], told["has_authenticator"]) == (life.owner, "Ada", True)
    assert told["token"]["scopes"] == sorted(TokenScope)
    assert told["token"]["expires_ms"] > life.site.house.clock.now_ms()


async def test_exchanges_and_their_guides(life: Life) -> None:
    assert (await life.program.get("/exchanges/nowhere")).code == "unknown_exchange"
    assert (await life.program.get("/exchanges/kraken/guide?purpose=fun")).status == 422
    found = (await life.program.get("/exchanges?limit=200")).told["items"]
    assert {"kraken", "bittrex"} <= {it["id"] for it in found}
    one = (await life.program.get("/exchanges/kraken")).told
    assert [it["field"] for it in one["fields"]] == ["api_key", "api_secret"]
    guide = (await life.program.get("/exchanges/kraken/guide?venue=paper")).told
    assert guide["steps"]
    assert {it["wanted"] for it in guide["switches"]} >= {"on", "off"}


@pytest.mark.parametrize(
    ("other", "status", "code"),
    [
        ({"key": "key_none"}, 404, "unknown_key"),
        ({"strategy": "luck"}, 404, "unknown_strategy"),
        ({"symbol": "gold"}, 422, "bad_symbol"),
        ({"amount": "-1"}, 422, "not_positive"),
        ({"amount": 100}, 422, "request_field_wrong"),
        ({"interval": "2w"}, 422, "bad_interval"),
        ({"settings": {"luck": 1}}, 422, "unknown_parameter"),
        ({"settings": {"fast": 1e300}}, 422, "request_field_wrong"),
        ({"settings": {"fast": [1]}}, 422, "request_field_wrong"),
        ({"guards": {"stop_loss": "much"}}, 422, "not_a_number"),
        ({"on_stop": "panic"}, 422, "request_field_wrong"),
        ({"name": "Ace"}, 409, "robot_name_taken"),
        ({"owner": "owner_bob"}, 422, "request_field_unknown"),
    ],
)
async def test_a_robot_that_cannot_be_is_refused(
    life: Life, other: dict[str, object], status: int, code: str
) -> None:
    answer = await life.program.post("/robots", {"key": life.key, **WISH, **other})
    assert (answer.status, answer.code) == (status, code), answer.body


async def test_a_robot_lives_its_life(life: Life) -> None:
    wish = {
        "key": life.key,
        **WISH,
        "name": "Deuce",
        "settings": {"fast": 3, "slow": "9"},
        "guards": {"stop_loss": 2.5},
        "confirm": {"macd": {}},
    }
    made = await life.program.post("/robots", wish, idempotency_key="deuce")
    assert (made.status, made.told["settings"]) == (201, {"fast": 3, "slow": 9})
    assert (made.told["guards"], list(made.told["confirm"])) == ({"stop_loss": 2.5}, ["macd"])
    assert (await life.program.post("/robots", wish, idempotency_key="deuce")).body == made.body
    path = f"/robots/{made.told['id']}"
    assert (await life.program.get(path)).told == made.told
    assert (await life.program.post(f"{path}/start")).told["status"] == "starting"
    early = await life.program.send("DELETE", path)
    assert (early.status, early.code) == (409, "robot_not_stopped")
    stopping = await life.program.post(f"{path}/stop", {"on_stop": "keep"})
    assert (stopping.told["status"], stopping.told["on_stop"]) == ("stopping", "keep")
    assert (await life.program.post(f"{path}/start")).code == "robot_still_stopping"
    async with life.site.house.database.transaction() as tx:
        await tx.execute("UPDATE robot_accounts SET status = 'stopped'")
        await tx.execute("UPDATE robots SET status = 'stopped'")
    assert (await life.program.send("DELETE", path)).status == 204
    assert (await life.program.get(path)).code == "unknown_robot"


async def test_a_robot_tells_how_it_did(life: Life) -> None:
    path = f"/robots/{life.robot}"
    trades = (await life.program.get(f"{path}/trades")).told["items"]
    assert [it["side"] for it in trades] == ["sell", "buy"]
    figures = (await life.program.get(f"{path}/figures")).told
    assert (figures["held"], figures["is_simulated"]) == ("0", True)
    assert figures["figures"]["figures"]["net_profit"] == "-2"
    assert (await life.program.get(f"{path}/decisions")).told["items"] == []
    strategies = (await life.program.get("/strategies")).told["items"]
    assert {"ema_cross", "grid"} <= {it["id"] for it in strategies}


async def test_trials_are_ordered_watched_and_ended(life: Life) -> None:
    wrong = await life.program.post("/trials", {"candles": "NO-SUCH"})
    assert (wrong.status, wrong.code) == (404, "unknown_candles")
    path = f"/trials/{life.trial}"
    assert (await life.program.get(f"{path}/sheet")).told["sheet"] is None
    assert (await life.program.get(path)).told["status"] == "wished"
    assert (await life.program.post(f"{path}/stop")).told["status"] == "stopped"
    terms = {"fee": 0.00001, "amount": "50"}
    other = await life.program.post("/trials", {"vary": {"fast": "3..9:3"}, "terms": terms})
    assert (other.status, other.told["wish"]["terms"]["fee"]) == (202, "0.00001")
    listed = (await life.program.get("/trials?limit=1")).told
    assert listed["next"] is not None
    assert (await life.program.send("DELETE", path)).status == 204
    assert (await life.program.get(path)).code == "unknown_trial"


async def test_limits_are_set_and_taken_off(life: Life) -> None:
    path = f"/limits/robot:{life.robot}"
    for subject in ("robot:robot_none", "key:key_none", "house:1", "robot"):
        assert (await life.program.send("PUT", f"/limits/{subject}", {})).status == 404
    wrong = await life.program.send("PUT", path, {"collar": "far"})
    assert (wrong.status, wrong.code, wrong.told["field"]) == (422, "not_a_number", "collar")
    told = (await life.program.send("PUT", path, {"collar": "2.50", "open_orders": "3"})).told
    assert (told["name"], told["collar"], told["open_orders"]) == ("Ace", "2.5", 3)
    assert len((await life.program.get("/limits")).told["items"]) == 2
    assert (await life.program.send("PUT", path, {})).told["collar"] is None
    assert (await life.program.send("DELETE", path)).code == "no_limits"
    assert (await life.program.send("DELETE", f"/limits/key:{life.key}")).status == 204
    assert (await life.program.get("/limits")).told["items"] == []


async def test_trading_is_stopped_with_the_robots_and_goes_on(life: Life) -> None:
    await life.program.post(f"/robots/{life.robot}/start")
    wish = {"cancel_orders": True, "stop_robots": True, "on_stop": "keep"}
    told = (await life.program.post("/stop", wish)).told
    assert (told["is_stopped"], told["is_cancelling"], told["is_everybodys"]) == (True, True, False)
    robot = (await life.program.get(f"/robots/{life.robot}")).told
    assert (robot["status"], robot["on_stop"]) == ("stopping", "keep")
    assert (await life.program.post("/resume")).told["is_stopped"] is False
    assert (await life.program.post("/resume")).code == "not_stopped"


async def test_orders_and_trades_come_a_page_at_a_time(life: Life) -> None:
    for path, moment, count in (("/orders", "intended_ms", 7), ("/trades", "time_ms", 2)):
        seen, cursor = [], ""
        while True:
            page = (await life.program.get(f"{path}?limit=2&cursor={cursor}")).told
            seen += [(it[moment], it["client_id"]) for it in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(set(seen)) == count
        assert [at for at, _ in seen] == sorted((at for at, _ in seen), reverse=True)
        wrong = await life.program.get(f"{path}?cursor=1~2")
        assert (wrong.status, wrong.code, wrong.told["field"]) == (422, "bad_cursor", "cursor")
        assert (await life.program.get(f"{path}?robot=robot_none")).status == 404
    found = (await life.program.get("/orders?text=db3&standing=filled")).told["items"]
    assert [it["client_id"] for it in found] == ["db3"]
    assert (await life.program.get("/orders?standing=lying")).told["field"] == "standing"


async def test_an_account_is_told_once_it_was_read(life: Life) -> None:
    path = f"/keys/{life.key}/holdings"
    assert (await life.program.get(path)).told["is_awaited"] is True
    wrong = await life.program.post(path, {"currency": "no money"})
    assert (wrong.status, wrong.code) == (422, "bad_currency")
    assert (await life.program.post(path, {"currency": "EUR"})).told["wished"] == "EUR"
    now_ms = life.site.house.clock.now_ms()
    held = (Holding("BTC", Decimal("0.50"), Decimal(0), Decimal("30000.5"), 4),)
    portfolio = Portfolio("EUR", Decimal("30000.5"), held, ("NEW",), now_ms)
    await life.site.house.portfolios.keep(life.key, portfolio)
    told = (await life.program.get(path)).told
    assert (told["total"], told["holdings"][0]["free"], told["unpriced"]) == (
        *("30000.5", "0.5"),
        ["NEW"],
    )
    assert (await life.program.get("/portfolio")).told["items"] == [told]
    await life.site.house.vault.disable(life.owner, life.key)
    assert (await life.program.post(path, {"currency": "EUR"})).code == "key_not_usable"
    assert (await life.program.get("/portfolio")).told["items"] == []
    bad = await life.program.get(f"/keys/{life.key}/performance?risk_free_rate=7")
    assert (bad.code, bad.told["field"]) == ("bad_rate", "risk_free_rate")
    assert (await life.program.get(f"/keys/{life.key}/performance")).told["report"] is None


async def test_notices_are_read_a_page_at_a_time_and_counted_as_seen(life: Life) -> None:
    first = (await life.program.get("/notices?limit=1")).told
    second = (await life.program.get(f"/notices?limit=1&cursor={first['next']}")).told
    assert [it["kind"] for it in first["items"] + second["items"]] == ["stop_off", "stop_on"]
    assert (await life.program.get("/notices?cursor=x")).code == "bad_cursor"
    assert (await life.program.get("/notices/unread")).told == {"unread": 4}
    assert (await life.program.post("/notices/read")).told == {"unread": 0}


async def test_the_audit_log_is_read_and_followed(life: Life) -> None:
    first = (await life.program.get("/audit?limit=2")).told
    rest = (await life.program.get(f"/audit?limit=200&cursor={first['next']}")).told
    numbers = [it["id"] for it in first["items"] + rest["items"]]
    assert numbers == sorted(numbers, reverse=True)
    told = (await life.program.get("/audit/verification")).told
    assert told["events"] == numbers[0]
    async with life.site.house.database.transaction() as tx:
        await tx.execute(without_trigger("audit_events_are_not_changed", "audit_events"))
        await tx.execute("UPDATE audit_events SET subject = 'other' WHERE n = 2")
    broken = await life.program.get("/audit/verification")
    assert (broken.status, broken.code) == (500, "audit_chain_broken")


async def test_a_robot_gets_and_loses_accounts(life: Life) -> None:
    path = f"/robots/{life.robot}/accounts"
    fields = {"api_key": "N" * 55 + "a", "api_secret": SECRET}
    new = (await life.site.house.vault.add(life.owner, "kraken", "paper", fields)).key.id
    assert (await life.program.send("PUT", f"{path}/key_none")).code == "unknown_key"
    taken = await life.program.send("PUT", f"{path}/{life.key}")
    assert (taken.status, taken.code) == (409, "robot_has_account")
    wrong = await life.program.send("PUT", f"{path}/{new}", {"amount": "much"})
    assert (wrong.status, wrong.told["field"]) == (422, "amount")
    told = (await life.program.send("PUT", f"{path}/{new}", {"amount": "25"})).told
    assert [it["amount"] for it in told["accounts"]] == ["100", "25"]
    told = (await life.program.send("DELETE", f"{path}/{new}")).told
    assert [it["key_id"] for it in told["accounts"]] == [life.key]
    last = await life.program.send("DELETE", f"{path}/{life.key}")
    assert (last.status, last.code) == (409, "robot_needs_account")


async def test_what_a_robot_saw_and_was_worth(life: Life) -> None:
    path = f"/robots/{life.robot}"
    assert (await life.program.get(f"{path}/candles?cursor=1")).code == "bad_cursor"
    worth = (await life.program.get(f"{path}/equity")).told["items"]
    assert [it["equity"] for it in worth] == ["98", "99"]
    assert (await life.program.get(f"{path}/candles")).told["items"] == []
    assert (await life.program.get(f"{path}/signals")).told["items"] == []
    assert (await life.program.get("/robots/robot_none/signals")).status == 404


async def test_the_vault_and_the_candles_there_are(life: Life) -> None:
    vault = (await life.program.get("/vault")).told
    assert (vault["status"], vault["is_reachable"]) == ("open", True)
    names = [it["name"] for it in (await life.program.get("/candles?limit=2")).told["items"]]
    assert len(names) == 2
    assert (await life.program.post("/trials", {"candles": names[0]})).status == 202


async def test_an_approval_is_answered_once_and_acts(life: Life) -> None:
    path = f"/approvals/{life.approval}"
    [waiting] = (await life.program.get("/approvals")).told["items"]
    assert waiting["id"] == life.approval
    assert (waiting["state"], waiting["asked_by"]) == ("asked", "Jeeves")
    given = (await life.program.post(f"{path}/approve")).told
    assert (given["state"], given["is_done"], given["reason"]) == ("approved", True, None)
    assert (await life.program.get("/stop")).told["is_stopped"]
    again = await life.program.post(f"{path}/decline")
    assert (again.status, again.code) == (409, "approval_answered")


async def test_a_robot_that_asks_says_so(life: Life) -> None:
    wish = {"key": life.key, "symbol": "BTC/USD", "amount": "100", "name": "Shy", "asks": True}
    assert (await life.program.post("/robots", wish)).told["asks"] is True
    assert (await life.program.get(f"/robots/{life.robot}")).told["asks"] is False
