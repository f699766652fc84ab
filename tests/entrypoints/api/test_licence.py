"""A person's licence over the API: refused first, then entered, asked and told."""

import pytest

from drawbridge.licences import store
from drawbridge.licences.service import Licences
from tests.kit.licensed import hold_licence, licence_text
from tests.kit.program_life import Life


async def test_without_a_licence_there_is_nothing_to_ask(life: Life) -> None:
    told = (await life.program.get("/licence")).told
    assert (told["state"], told["reason"], told["holder"]) == ("absent", "licence_needed", None)
    answer = await life.program.post("/licence/questions", {"act": "renew"})
    assert (answer.status, answer.code) == (404, "licence_none_held")
    assert (await life.program.get("/licence/questions/1")).code == "licence_none_held"


async def test_self_hosted_use_has_no_licence(life: Life) -> None:
    house = life.site.house
    unasked = Licences(house.database, None, house.clock, house.local_key)
    assert not unasked.is_asked


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"act": "steal"}, 422, "request_field_wrong"),
        ({"act": "archive"}, 404, "unknown_key"),
        ({"act": "archive", "key": "key_of_others"}, 404, "unknown_key"),
        ({"act": "renew", "key": "key_of_others"}, 404, "licence_none_held"),
        ({"act": "follow"}, 404, "licence_none_held"),
        ({"act": "recover"}, 422, "licence_code_missing"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    life: Life, wish: dict[str, str], status: int, code: str
) -> None:
    await life.program.send("PUT", "/licence", {"licence": _text(life)})
    answer = await life.program.post("/licence/questions", wish)
    assert (answer.status, answer.code) == (status, code)


async def test_a_forged_licence_is_refused(life: Life) -> None:
    forged = _text(life)[:-4] + "AAAA"
    answer = await life.program.send("PUT", "/licence", {"licence": forged})
    assert answer.code in {"licence_forged", "licence_unreadable"}


async def test_a_licence_is_entered_and_questions_are_told(life: Life) -> None:
    entered = await life.program.send("PUT", "/licence", {"licence": _text(life)})
    assert (entered.told["state"], entered.told["slots"]) == ("waiting", 3)
    asked = await life.program.post("/licence/questions", {"act": "archive", "key": life.key})
    assert (asked.status, asked.told["is_done"]) == (202, False)
    path = f"/licence/questions/{asked.told['id']}"
    async with life.site.house.database.transaction() as tx:
        await store.end_wish(tx, asked.told["id"], "licence_unknown_account", {}, 1)
    told = (await life.program.get(path)).told
    assert (told["is_done"], told["code"]) == (True, "licence_unknown_account")


async def test_a_lease_tells_how_many_accounts_have_a_place(life: Life) -> None:
    house = life.site.house
    await hold_licence(house, life.owner, await house.vault.get_record(life.key))
    told = (await life.program.get("/licence")).told
    assert (told["state"], told["lets_trade"], told["used_slots"]) == ("good", True, 1)
    # What trades with play money needs no place.
    assert told["keys"] == []


def _text(life: Life) -> str:
    return licence_text(life.site.house.clock.now_ms())
