"""The workers over the API: numbers and machines, and nothing of persons."""

from tests.kit.program_life import Life
from tests.kit.store import in_a_file
from tests.kit.workers import stand_three


@in_a_file("over a server there are always workers")
async def test_one_process_alone_has_no_workers(life: Life) -> None:
    told = (await life.program.get("/workers")).told
    assert (told["is_shared"], told["workers"], told["unheld"]) == (False, [], 0)


async def test_workers_are_told_with_what_they_hold_and_nobody_is_named(life: Life) -> None:
    await stand_three(life.site.house.database)
    answer = await life.program.get("/workers")
    told = answer.told
    assert told["is_shared"] is True
    assert [it["shards"] for it in told["workers"]] == [21, 21, 21]
    # One shard has nobody, and a key drawn at random may lie there.
    rows = await life.site.house.database.fetch_all("SELECT shard FROM keys")
    held = sum(row["shard"] < 63 for row in rows)
    assert (told["unheld"], sum(it["accounts"] for it in told["workers"])) == (1, held)
    states = {it["id"][-1]: it["state"] for it in told["workers"]}
    assert states == {"a": "working", "b": "draining", "c": "working"}
    for word in (life.owner, life.key):
        assert word not in str(told)
