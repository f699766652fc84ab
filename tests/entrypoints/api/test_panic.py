"""Stopping in a hurry and asking what was done, by programs."""

import pytest

from drawbridge.vault.model import KeyStatus
from tests.kit.program_life import Life


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({}, 422, "panic_choose"),
        ({"everything": True, "exchange": "kraken"}, 422, "panic_choose"),
        ({"exchange": "atlantis"}, 404, "unknown_exchange"),
        ({"key": "key_none"}, 404, "unknown_key"),
        ({"virtual_key": "vk_none"}, 404, "unknown_virtual_key"),
        ({"everything": "yes"}, 422, "request_field_wrong"),
    ],
)
async def test_what_names_no_one_thing_stops_nothing(
    life: Life, wish: dict[str, object], status: int, code: str
) -> None:
    answer = await life.program.post("/panic", wish)
    assert (answer.status, answer.code) == (status, code)
    assert (await life.site.house.vault.get_record(life.key)).status is not KeyStatus.DISABLED


async def test_a_key_that_may_have_leaked_is_stopped_and_asked_about(life: Life) -> None:
    """Scenario 38."""
    path = f"/keys/{life.key}/leak-report"
    assert (await life.program.get(path)).code == "leak_not_asked"
    stopped = await life.program.post("/panic", {"key": life.key, "cancel_orders": True})
    assert [it["id"] for it in stopped.told["keys"]] == [life.key]
    assert (await life.program.get(f"/keys/{life.key}")).told["status"] == "disabled"
    assert await life.site.house.panic.is_cancelling(life.key)
    told = (await life.program.get(path)).told
    assert (told["answered_ms"], told["gaps"]) == (None, [])
    assert told["deeds"][0]["what"] == "vault:key:leaked"
    assert (await life.program.post(path, {"since": "soon"})).code == "bad_since"
    asked = await life.program.post(path, {"since": "1h"})
    assert (asked.status, asked.told["asked_ms"] - asked.told["since_ms"]) == (202, 3_600_000)


async def test_all_keys_of_a_person_are_stopped(life: Life) -> None:
    stopped = await life.program.post("/panic", {"everything": True})
    assert life.key in {it["id"] for it in stopped.told["keys"]}
    assert (await life.program.post("/panic", {"everything": True})).told["keys"] == []
