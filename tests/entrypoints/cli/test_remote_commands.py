"""Commands over a Drawbridge elsewhere: the same words as here, and the same done."""

import asyncio
import json
from pathlib import Path

import pytest

from drawbridge.app.lab_process import LabWork
from drawbridge.core.clock import DAY_MS
from drawbridge.core.secret import Secret
from drawbridge.notices.model import Channel, NoticeKind
from drawbridge.robots.model import RobotStatus
from drawbridge.vault.model import KeyStatus
from tests.kit.house import until
from tests.kit.owner import SECRET
from tests.kit.program_life import Life
from tests.kit.remote_line import RemoteLine, life, line

__all__ = ["life", "line"]

LOOKS = [
    ("key", "list"),
    ("key", "show", "Main"),
    ("key", "stats", "main"),
    ("key", "life", "main"),
    ("key", "strangers", "main"),
    ("key", "stats", "Main", "--risk-free", "0.02"),
    ("robot", "list"),
    ("robot", "status", "Ace"),
    ("robot", "status", "ace", "--risk-free", "0.03"),
    ("limit", "list"),
    ("order", "list"),
    ("order", "list", "--key", "Main", "--robot", "Ace", "--standing", "filled", "--most", "3"),
    ("order", "list", "--text", "no such"),
    ("portfolio",),
    ("trial", "list"),
    ("export", "trades", "--format", "koinly", "--simulated"),
    ("export", "trades", "--format", "cointracking", "--robot", "Ace", "--simulated"),
    ("notice", "list"),
    ("notice", "ways"),
    ("approval", "list"),
    ("approval", "list", "--all"),
    ("audit", "list"),
    ("audit", "list", "--most", "3"),
    ("audit", "verify"),
    ("virtual-key", "list"),
    ("virtual-key", "show", "Night bot"),
    ("wealth",),
    ("wealth", "--currency", "USD", "--risk-free", "0.02"),
    ("people", "list"),
    ("guide", "kraken"),
    ("guide", "kraken", "--purpose", "reading", "--markdown"),
    ("guide",),
]


@pytest.mark.parametrize("look", LOOKS, ids=" ".join)
async def test_what_is_shown_from_elsewhere_is_what_is_shown_here(
    line: RemoteLine, life: Life, look: tuple[str, ...]
) -> None:
    data = ("--data", str(life.site.house.settings.data))
    here: tuple[str, ...] = () if look[0] == "guide" else data
    # Here somebody may be at home who is not alone; elsewhere the token says who it is.
    is_nobodys = look in {("audit", "verify"), ("people", "list")}
    here += () if is_nobodys or not here else ("--owner", "Ada")
    for form in ((), ("--json",)):
        if form and "--markdown" in look:
            continue
        there = await line.at(*look, *form)
        assert there == await line.run(*look, *form, *here)
        assert (there[0], bool(there[1])) == (0, True), there


async def test_a_key_is_switched_off_and_on_with_a_code(line: RemoteLine, life: Life) -> None:
    assert (await line.told("key", "disable", "Main"))["status"] == "disabled"
    assert await line.refused("key", "enable", "Main", typed="000000\n") == (3, "code_wrong")
    told = await line.told("key", "enable", "Main", typed=life.code() + "\n")
    assert told["status"] != "disabled"
    found = await life.site.house.vault.get_record(life.key)
    assert found.status is not KeyStatus.DISABLED


async def test_what_is_said_of_a_keys_end_is_kept_elsewhere(line: RemoteLine, life: Life) -> None:
    assert await line.refused("key", "life", "Main", "--pause-days", "99") == (2, "bad_pause_days")
    told = await line.told(
        "key", "life", "Main", "--pause-days", "3", "--close", "--watch", "--made", "2025-01-02"
    )
    assert (told["pause_before_ms"], told["closes"], told["watched"]) == (3 * DAY_MS, True, True)
    found = await life.site.house.vault.get_record(life.key)
    assert (found.life.made_ms, found.life.closes) == (told["made_ms"], True)
    assert not (await line.told("key", "life", "Main", "--keep"))["closes"]


async def test_a_key_is_asked_to_be_checked(line: RemoteLine, life: Life) -> None:
    assert await line.refused("key", "verify", "Main", "--proof", "hope") == (2, "bad_proof")
    await line.told("key", "verify", "Main", "--proof", "skip", "--no-wait")
    found = await life.site.house.vault.get_record(life.key)
    assert (found.check_requested_ms is not None, found.check_proof) == (True, "skip")


async def test_a_key_is_deleted_with_a_code_and_a_robot_without(
    line: RemoteLine, life: Life
) -> None:
    fields = {"api_key": "A" * 56, "api_secret": SECRET}
    await life.site.house.vault.add(life.owner, "kraken", "paper", fields, "Two")
    assert await line.refused("key", "delete", "Two") == (2, "not_confirmed")
    code = life.code()
    assert (await line.told("key", "delete", "Two", "--yes", typed=f"{code}\n"))["deleted"]
    assert [it["label"] for it in await line.told("key", "list")] == ["Main"]
    assert (await line.told("robot", "delete", "Ace"))["deleted"]
    assert await line.told("robot", "list") == []


async def test_a_robot_is_started_and_stopped(line: RemoteLine, life: Life) -> None:
    assert (await line.told("robot", "start", "Ace", "--no-wait"))["status"] == "starting"
    told = await line.told("robot", "stop", "Ace", "--close", "keep", "--no-wait")
    assert told["status"] == "stopping"
    robot = await life.site.house.robots.get_robot(life.owner, life.robot)
    assert (robot.status, robot.closes_by) == (RobotStatus.STOPPING, "keep")


CREATE = ("robot", "create", "--key", "Main", "--market", "BTC/USD", "--amount", "100")


async def test_a_robot_is_made_as_it_was_wished(line: RemoteLine, life: Life) -> None:
    chosen = ("--set", "fast=5", "--guard", "stop_loss=2", "--confirm", "macd", "--on-stop", "keep")
    told = await line.told(*CREATE, *chosen, "--interval", "5m", "--join", "--ask", "--name", "Two")
    robots = await life.site.house.robots.list_robots(life.owner)
    plan = next(it.plan for it in robots if it.id == told["id"])
    assert (plan.settings["fast"], plan.guards["stop_loss"]) == (5, 2)
    assert ([it.strategy for it in plan.confirm], plan.on_stop) == (["macd"], "keep")
    assert (plan.interval_ms, plan.joins, plan.asks) == (300_000, True, True)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (("--on-stop", "burn"), "bad_on_stop"),
        (("--direction", "up"), "bad_direction"),
        (("--trigger", "moon"), "bad_trigger"),
        (("--interval", "2m"), "bad_interval"),
        (("--set", "fast=50"), "fast_not_below_slow"),
        (("--guard", "airbag=1"), "unknown_guard"),
        (("--amount", "0"), "not_positive"),
    ],
)
async def test_a_robot_that_cannot_be_is_refused_as_here(
    line: RemoteLine, wrong: tuple[str, ...], code: str
) -> None:
    assert await line.refused(*CREATE, *wrong) == (2, code)


async def test_a_robot_gets_another_account_and_loses_it(line: RemoteLine, life: Life) -> None:
    fields = {"api_key": "A" * 56, "api_secret": SECRET}
    added = (await life.site.house.vault.add(life.owner, "kraken", "paper", fields, "Two")).key
    told = await line.told("robot", "account", "add", "Ace", "--key", "Two", "--amount", "7")
    assert told["accounts"][1]["amount"] == "7"
    told = await line.told("robot", "account", "remove", "Ace", "--key", added.id)
    assert len(told["accounts"]) == 1


async def test_limits_are_set_and_taken_off(line: RemoteLine) -> None:
    told = await line.told("limit", "set", "--key", "Main", "--collar", "5", "--position", "")
    assert (told["limits"]["collar"], told["limits"]["position"]) == ("5", None)
    assert await line.refused("limit", "set", "--robot", "Ace", "--collar", "x") == (
        2,
        "not_a_number",
    )
    assert (await line.told("limit", "clear", "--key", "Main"))["cleared"]
    assert await line.told("limit", "list") == []
    assert await line.refused("limit", "clear", "--key", "Main") == (5, "no_limits")


async def test_trading_stops_and_goes_on(line: RemoteLine, life: Life) -> None:
    await line.told("robot", "start", "Ace", "--no-wait")
    assert (await line.told("stop", "--all-robots", "--cancel-orders"))["robots"] == ["Ace"]
    stop = await life.site.house.limits.find_stop(life.owner)
    assert stop is not None
    assert stop.is_cancelling
    assert not (await line.told("resume"))["stopped"]
    assert await life.site.house.limits.find_stop(life.owner) is None


async def test_a_machines_stop_for_everybody_is_not_pulled_from_elsewhere(line: RemoteLine) -> None:
    assert await line.refused("stop", "--everybody") == (5, "everybody_only_here")
    assert await line.refused("resume", "--everybody") == (5, "everybody_only_here")


async def test_a_trial_is_ordered_shown_stopped_and_deleted(line: RemoteLine, life: Life) -> None:
    here = ("--data", str(life.site.house.settings.data), "--owner", "Ada")
    for form in ((), ("--json",)):
        there = await line.at("trial", "show", life.trial, *form)
        assert there == await line.run("trial", "show", life.trial, *form, *here)
        assert there[0] == 0
    wish = ("--recorded", "XRP-USDT", "--last", "900", "--set", "fast=3", "--vary", "slow=9..12")
    told = await line.told("trial", "order", *wish, "--no-wait")
    assert (told["status"], told["sheet"]) == ("wished", None)
    waiting = asyncio.create_task(line.at("trial", "order", *wish[:6]))
    house = life.site.house

    async def worked() -> bool:
        await LabWork(house.database, house.lab.shelf, house.clock).run()
        return waiting.done()

    await until(worked, "the trial")
    assert "Profit" in (await waiting)[1]
    code, out, _ = await line.at("trial", "show", told["id"])
    assert (code, "slow=" in out) == (0, True)
    assert (await line.told("trial", "stop", told["id"]))["status"] == "done"
    assert (await line.told("trial", "delete", told["id"]))["deleted"]
    assert await line.refused("trial", "show", told["id"]) == (5, "unknown_trial")
    assert await line.refused("trial", "order", "--set", "pace=1") == (2, "unknown_parameter")


async def test_notices_are_counted_as_seen(line: RemoteLine, life: Life) -> None:
    assert life.site.house.notices.count_unread(life.owner)
    await line.told("notice", "list", "--read")
    assert not life.site.house.notices.count_unread(life.owner)


async def test_an_approval_is_answered(line: RemoteLine, life: Life) -> None:
    assert (await line.refused("approval", "approve", "approval_x"))[1] == "unknown_approval"
    assert (await line.told("approval", "decline", life.approval))["state"] == "declined"
    again = await line.refused("approval", "approve", life.approval)
    assert again == (5, "approval_answered")


async def test_what_is_not_there_is_told_as_here(line: RemoteLine) -> None:
    for command in (("key", "show"), ("robot", "start")):
        assert (await line.refused(*command, "None"))[0] == 5


@pytest.mark.parametrize(
    "command",
    [
        ("up",),
        ("doctor",),
        ("demo",),
        ("mcp",),
        ("owner", "create"),
        ("owner", "authenticator"),
        ("owner", "token", "list"),
        ("vault", "create"),
        ("vault", "unlock"),
        ("vault", "status"),
        ("paper", "ledger"),
        ("paper", "key", "--exchange", "kraken"),
        ("key", "add", "--exchange", "kraken"),
        ("robot", "hook", "Ace"),
        ("robot", "strategies"),
        ("candles", "list"),
        ("backtest",),
        ("notice", "test", "mail"),
    ],
    ids=" ".join,
)
async def test_what_needs_the_machine_is_refused_before_anything_is_asked(
    line: RemoteLine, command: tuple[str, ...]
) -> None:
    code, _, err = await line.at(*command, typed="typed\n" * 9)
    assert (code, line.address in err, "--at here" in err) == (5, True, True)


async def test_whose_things_they_are_says_the_token_alone(line: RemoteLine, tmp_path: Path) -> None:
    assert await line.refused("key", "list", "--owner", "Ada") == (2, "owner_elsewhere")
    assert await line.refused("key", "list", "--data", str(tmp_path)) == (2, "data_or_at")


async def test_a_virtual_key_is_made_narrowed_and_revoked(line: RemoteLine, life: Life) -> None:
    make = ("virtual-key", "make", "Main", "--may", "trade_spot", "--pair", "BTC/USD")
    limits = ("--largest-order", "500", "--lives", "30d", "--name", "Night")
    assert await line.refused(*make, typed="000000\n") == (3, "code_wrong")
    told = await line.told(*make, *limits, typed=life.code() + "\n")
    assert told["base_url"].startswith("http://")
    assert told["base_url"] in told["recipes"]["ccxt_python"]
    assert told["api_secret"] in told["recipes"]["curl"]
    found = await life.site.house.virtual_keys.find(life.owner, "Night")
    assert (found.id, found.public) == (told["id"], told["api_key"])
    assert [it["number"] for it in told["restrictions"]] == [1, 2, 5, 11]
    told = await line.told("virtual-key", "narrow", "night", "--side", "buy")
    assert [it["number"] for it in told["restrictions"]] == [1, 2, 5, 11, 3]
    assert await line.refused("virtual-key", "revoke", "Night") == (2, "not_confirmed")
    told = await line.told("virtual-key", "revoke", "Night", "--yes")
    assert told["revoked_ms"] is not None
    assert await line.refused("virtual-key", "show", "Night") == (5, "unknown_virtual_key")


async def test_people_are_invited_changed_ended_and_let_back(line: RemoteLine, life: Life) -> None:
    accounts = life.site.house.accounts
    other = await accounts.create_owner("Bea", Secret("seven quiet herons at dusk"))
    told = await line.told("people", "invite", "member", typed=life.code() + "\n")
    assert "/join/" in told["link"]
    assert await line.refused("people", "role", "Nobody", "member") == (5, "no_such_owner")
    wrong = await line.refused("people", "role", "Bea", "operator", typed="000000\n")
    assert wrong == (3, "code_wrong")
    told = await line.told("people", "role", "bea", "operator", typed=life.code() + "\n")
    assert (told["id"], told["role"]) == (other.id, "operator")
    told = await line.told("people", "end", "Bea", "--yes", typed=life.code() + "\n")
    assert told["ended_ms"] is not None
    assert await line.refused("people", "end", "Bea", "--yes") == (5, "no_such_owner")
    told = await line.told("people", "let-back", "Bea", typed=life.code() + "\n")
    assert told["ended_ms"] is None
    assert await line.refused("people", "end", "Bea", "--owner", "Ada") == (2, "owner_elsewhere")


async def test_keys_that_lie_about_are_known_from_elsewhere(
    line: RemoteLine, life: Life, tmp_path: Path
) -> None:
    virtual = await life.site.house.virtual_keys.find(life.owner, "Night bot")
    file = tmp_path / "notes.txt"
    file.write_text(f"my bot has {virtual.public}\n")
    code, out, _ = await line.at("scan", str(file), "--json")
    assert code == 1
    (found,) = json.loads(out)["found"]
    assert found["mine"] == {"id": virtual.id, "label": "Night bot", "virtual": True}


async def test_where_notices_go_is_chosen_with_a_code(line: RemoteLine, life: Life) -> None:
    notices = life.site.house.notices
    kinds = ("notice", "set", "page", "--kinds", "order_filled,stop_on")
    assert await line.refused(*kinds, typed="000000\n") == (3, "code_wrong")
    await line.told(*kinds, typed=life.code() + "\n")
    chosen = await notices.kinds_of(life.owner, Channel.PAGE)
    assert NoticeKind.ORDER_FILLED in chosen
    assert NoticeKind.ROBOT_DECIDED not in chosen
    mail = ("notice", "set", "mail", "--to", "nowhere")
    assert (await line.refused(*mail, typed=life.code() + "\n"))[0] == 2
    hook = ("notice", "set", "webhook", "--to", "https://hooks.example.com/x")
    told = await line.told(*hook, typed=life.code() + "\n")
    assert told["secret"].startswith("whsec_")
    assert (await notices.list_ways(life.owner))[Channel.WEBHOOK].is_on
    off = ("notice", "set", "webhook", "--off")
    assert (await line.told(*off, typed=life.code() + "\n"))["secret"] is None
    assert not (await notices.list_ways(life.owner))[Channel.WEBHOOK].is_on
    assert await line.refused("notice", "set", "pigeon") == (2, "unknown_channel")
    assert await line.told("notice", "summary", "07:30") == {"summary": "07:30"}
    assert await line.refused("notice", "summary", "7h") == (2, "bad_hour")
    assert await notices.summary_at(life.owner) == "07:30"
