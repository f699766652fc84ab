"""A key gets a new secret in its place, against the paper exchange; what fails changes nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.audit.store import list_events, verify
from drawbridge.core.errors import BadInput, Conflict, DrawbridgeError, Forbidden, NotFound
from drawbridge.core.operations import GetBalances
from drawbridge.core.shards import shard_of
from drawbridge.gateway.policy import Purpose
from drawbridge.rotation import replacement_store
from drawbridge.rotation.replacement import AccountProof, ReplacementAct, ReplacementState
from drawbridge.storage.database import Transaction
from drawbridge.vault.model import KeyRecord, KeyStatus
from tests.gateway.setting import OWNER
from tests.rotation.replacing_setting import SYMBOLS, Replacing, replacing


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Replacing]:
    async with replacing(tmp_path, "binance") as house:
        yield house


async def _at_work(_tx: Transaction, key: KeyRecord) -> None:
    raise Conflict("key_used_by_robots", label=key.label, robots=["Trend"])


async def test_a_key_that_fails_its_check_leaves_the_old_one_in_use(house: Replacing) -> None:
    """Scenario 40."""
    before = await house.record()
    fields, other = await house.paper_key(), await house.paper_key()
    wrong = {**fields, "api_secret": other["api_secret"]}
    await house.replacements.enter(OWNER, house.key, wrong)
    found = await house.until(ReplacementState.FAILED)
    assert found.reason == "bad_signature"
    assert await house.record() == before
    await house.order()
    [told] = await house.database.fetch_all("SELECT kind FROM notices WHERE kind LIKE '%repl%'")
    assert told["kind"] == "key_replacement_failed"
    # Entered again, rightly this time, it takes the place of what was entered before.
    await house.replacements.enter(OWNER, house.key, fields)
    await house.until(ReplacementState.SWITCHED)
    assert (await house.record()).public_key == fields["api_key"]


@pytest.mark.parametrize(
    "act",
    [
        ReplacementAct.CHECK_AGAIN,
        ReplacementAct.CONFIRM,
        ReplacementAct.TURN_BACK,
        ReplacementAct.LOOK,
    ],
)
async def test_what_cannot_be_done_now_is_refused(house: Replacing, act: ReplacementAct) -> None:
    with pytest.raises(NotFound, match="no_replacement"):
        await house.replacements.do(OWNER, house.key, act)
    await house.enter()
    with pytest.raises(Conflict, match="replacement_elsewhere"):
        await house.replacements.do(OWNER, house.key, act)


async def test_the_key_in_use_and_anothers_key_replace_nothing(house: Replacing) -> None:
    fields = await house.paper_key()
    with pytest.raises(NotFound, match="unknown_key"):
        await house.replacements.enter("owner_of_nothing", house.key, fields)
    with pytest.raises(BadInput):
        await house.replacements.enter(OWNER, house.key, {**fields, "api_secret": "x"})
    in_use = {**fields, "api_key": (await house.record()).public_key}
    with pytest.raises(Conflict, match="replacement_is_same"):
        await house.replacements.enter(OWNER, house.key, in_use)
    other = await house.vault.add(OWNER, "binance", "paper", fields, "Other")
    await house.verification.verify(other.key.id)
    with pytest.raises(Conflict, match="key_already_yours"):
        await house.replacements.enter(OWNER, house.key, fields)
    assert await house.replacements.find(OWNER, house.key) is None


async def test_a_stand_in_is_listed_nowhere_and_used_by_nobody(house: Replacing) -> None:
    await house.enter("somebody else")
    stand_in = (await house.until(ReplacementState.ASKING)).stand_in_id
    assert shard_of(stand_in) == shard_of(house.key)  # one worker signs for both
    assert [key.id for key in await house.vault.list_keys(OWNER)] == [house.key]
    standing = await house.vault.list_standing(KeyStatus.ENABLED)
    assert [key.id for key in standing] == [house.key]
    with pytest.raises(NotFound, match="unknown_key"):
        await house.vault.get_key(OWNER, stand_in)
    with pytest.raises(Forbidden, match="key_not_usable"):
        await house.order(stand_in)
    with pytest.raises(Forbidden, match="key_not_usable"):
        await house.gateway.call(stand_in, GetBalances(), purpose=Purpose.READ)
    with pytest.raises(Forbidden, match="key_not_usable"):
        await house.gateway.may_listen(stand_in)


async def test_a_key_of_another_account_waits_for_a_yes(house: Replacing) -> None:
    """Scenario 39."""
    fields = await house.enter("somebody else")
    found = await house.until(ReplacementState.ASKING)
    assert found.reason == "replacement_other_account"
    assert (await house.record()).version == 1
    await house.order()
    assert (await house.step()).state is ReplacementState.ASKING, "nothing is assumed"
    await house.replacements.do(OWNER, house.key, ReplacementAct.CONFIRM)
    found = await house.until(ReplacementState.SWITCHED)
    assert found.proof is AccountProof.CONFIRMED
    assert (await house.record()).public_key == fields["api_key"]


async def test_robots_at_work_do_not_go_over_to_another_account(tmp_path: Path) -> None:
    """Scenario 39: positions are not assumed."""
    async with replacing(tmp_path, "binance", users=(_at_work,)) as house:
        await house.enter("somebody else")
        await house.until(ReplacementState.ASKING)
        with pytest.raises(Conflict, match="replacement_needs_rest"):
            await house.replacements.do(OWNER, house.key, ReplacementAct.CONFIRM)
        assert (await house.step()).state is ReplacementState.ASKING
        await house.replacements.do(OWNER, house.key, ReplacementAct.GIVE_UP)
        assert (await house.record()).status is KeyStatus.ENABLED


async def test_given_up_nothing_of_the_new_key_stays(house: Replacing) -> None:
    fields = await house.enter("somebody else")
    found = await house.until(ReplacementState.ASKING)
    await house.replacements.do(OWNER, house.key, ReplacementAct.GIVE_UP)
    rows = await house.database.fetch_all(
        "SELECT * FROM key_secrets WHERE key_id = ?", found.stand_in_id
    )
    assert rows == []
    # The key may be entered anew: for this place, or as one of its own.
    await house.vault.add(OWNER, "binance", "paper", fields, "Of its own")


async def test_a_new_key_that_dies_at_once_gives_way_to_the_old_one(house: Replacing) -> None:
    before = await house.record()
    fields = await house.enter()
    await house.until(ReplacementState.SWITCHED)
    await house.end_paper_key(fields["api_key"])
    found = await house.until(ReplacementState.FAILED)
    assert found.reason == "key_address_or_right"
    after = await house.record()
    assert (after.public_key, after.status) == (before.public_key, KeyStatus.ENABLED)
    await house.order()


async def test_who_turns_back_has_the_old_key_again(house: Replacing) -> None:
    before = await house.record()
    await house.enter()
    await house.until(ReplacementState.SWITCHED)
    await house.replacements.do(OWNER, house.key, ReplacementAct.TURN_BACK)
    assert (await house.until(ReplacementState.FAILED)).reason == "turned_back"
    assert (await house.record()).public_key == before.public_key
    await house.order()
    await house.replacements.do(OWNER, house.key, ReplacementAct.CHECK_AGAIN)
    await house.until(ReplacementState.SWITCHED)
    await house.order()


async def test_a_key_that_is_being_replaced_is_not_swapped_while_it_is_checked(
    house: Replacing,
) -> None:
    await house.stand(KeyStatus.CHECKING)
    await house.enter()
    await house.until(ReplacementState.SWITCHING)
    assert (await house.step()).state is ReplacementState.SWITCHING
    assert (await house.record()).version == 1
    await house.stand(KeyStatus.ENABLED)
    await house.until(ReplacementState.SWITCHED)


@pytest.mark.parametrize("exchange_id", SYMBOLS)
async def test_a_key_is_replaced_in_place_and_the_old_one_ends(
    tmp_path: Path, exchange_id: str
) -> None:
    """Scenario 37."""
    async with replacing(tmp_path, exchange_id) as house:
        before = await house.record()
        await house.order()
        fields = await house.enter()
        found = await house.until(ReplacementState.SWITCHED)
        assert found.proof is (AccountProof.ACCOUNT if before.account_hint else AccountProof.ORDER)
        after = await house.record()
        assert (after.id, after.label, after.version) == (before.id, "Main", before.version + 1)
        assert (after.public_key, after.status) == (fields["api_key"], KeyStatus.ENABLED)
        assert (await house.step()).state is ReplacementState.SWITCHED, (
            "the new one has not traded yet"
        )
        await house.order()
        await house.until(ReplacementState.RETIRING)
        await house.step()
        assert not (await house.step()).reason, "nobody has said yet that the old one is deleted"
        await house.replacements.do(OWNER, house.key, ReplacementAct.LOOK)
        assert not (await house.step()).reason, "it may take the exchange a moment"
        while not (found := await house.step()).reason:
            pass
        assert found.reason == "old_key_works_still"
        await house.end_paper_key(before.public_key)
        await house.replacements.do(OWNER, house.key, ReplacementAct.LOOK)
        found = await house.until(ReplacementState.DONE)
        with pytest.raises(DrawbridgeError, match="unknown_key"):
            await house.record(found.stand_in_id)
        await house.order()
        sealed = await house.database.fetch_all("SELECT DISTINCT key_id FROM key_secrets")
        assert [row["key_id"] for row in sealed] == [house.key]
        tags = {event.tag for event in await list_events(house.database, OWNER, limit=200)}
        assert tags >= {"rotation:replacement:begun", "rotation:key:switched"}
        assert "rotation:old_key:dead" in tags
        await verify(house.database)


async def test_a_key_whose_secret_is_gone_is_replaced_all_the_same(house: Replacing) -> None:
    await house.order()
    await house.vault.refuse(house.key, "key_can_withdraw", {})
    fields = await house.enter()
    found = await house.until(ReplacementState.SWITCHED)
    assert found.proof is AccountProof.ORDER
    after = await house.record()
    assert (after.public_key, after.status) == (fields["api_key"], KeyStatus.ENABLED)
    await house.order()
    await house.until(ReplacementState.RETIRING)
    await house.replacements.do(OWNER, house.key, ReplacementAct.LET_GO)
    assert (await house.step()).state is ReplacementState.DONE


async def test_a_key_that_is_switched_off_is_in_use_again_with_its_new_secret(
    house: Replacing,
) -> None:
    """Scenario 38: after a leak, the replacement brings everything back."""
    await house.order()
    old = await house.record()
    await house.vault.disable(OWNER, house.key)
    await house.enter()
    await house.until(ReplacementState.SWITCHED)
    await house.order()
    await house.until(ReplacementState.RETIRING)
    await house.end_paper_key(old.public_key)
    await house.until(ReplacementState.DONE)


async def test_a_replacement_is_the_business_of_who_works_for_its_key(house: Replacing) -> None:
    await house.enter()
    mine, others = frozenset({shard_of(house.key)}), frozenset(range(64)) - {shard_of(house.key)}
    assert len(await replacement_store.list_open(house.database, mine)) == 1
    assert await replacement_store.list_open(house.database, others) == ()
