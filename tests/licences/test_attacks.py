"""What somebody may try against licences: each is refused, and told by its reason."""

from dataclasses import replace
from pathlib import Path
from shutil import copyfile

import orjson
import pytest

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, SteppedClock
from drawbridge.core.errors import BadInput, Forbidden
from drawbridge.licences import store
from drawbridge.licences.documents import Kind, decode, encode, peek, prove, sign
from drawbridge.licences.marks import mark_of
from drawbridge.licences.model import Account, Act, Ask, Revocations
from drawbridge.licences.service import Place
from drawbridge.licences.standing import State
from drawbridge.licences.written import encode_ask, encode_revocations
from tests.kit.store import in_a_file
from tests.licences.setting import OWNER, Home, Server, open_home, open_server

# -------------------------------------------------------------------- forged documents


async def test_a_licence_that_somebody_else_signed_is_refused(
    tmp_path: Path, clock: SteppedClock, home: Home
) -> None:
    async with open_server(tmp_path / "other", clock, "another operator") as other:
        made = await other.issue()
    with pytest.raises(Forbidden, match="licence_forged"):
        await home.licences.add(OWNER, made.document)


async def test_a_licence_that_was_changed_is_refused(server: Server, home: Home) -> None:
    kind, payload, signature = (await server.issue()).document.split(".")
    told = orjson.loads(decode(payload))
    told["slots"] = 1_000
    changed = ".".join((kind, encode(orjson.dumps(told)), signature))
    with pytest.raises(Forbidden, match="licence_forged"):
        await home.licences.add(OWNER, changed)


async def test_a_lease_is_not_taken_for_a_licence(server: Server, home: Home) -> None:
    await home.add(await server.issue())
    lease = server.answers[-1]
    with pytest.raises(BadInput, match="licence_unreadable"):
        await home.licences.add(OWNER, lease)
    renamed = lease.replace(Kind.LEASE, Kind.LICENCE, 1)
    with pytest.raises(Forbidden, match="licence_forged"):
        await home.licences.add(OWNER, renamed)


async def test_a_signature_in_another_spelling_is_refused(server: Server) -> None:
    document = (await server.issue()).document
    with pytest.raises(BadInput, match="licence_unreadable"):
        prove(Kind.LICENCE, document + "=", server.keys.public)


@pytest.mark.parametrize("text", ["", "dblicence1", "dblicence1.e30.", "a.b.c", "ü.b.c", "." * 99])
async def test_what_is_no_document_is_told_so(server: Server, text: str) -> None:
    with pytest.raises((BadInput, Forbidden), match=r"licence_(unreadable|forged)"):
        prove(Kind.LICENCE, text, server.keys.public)


# -------------------------------------------------------------------- a copied licence


async def test_a_copied_licence_is_refused_where_it_is_not_at_home(
    tmp_path: Path, clock: SteppedClock, server: Server, home: Home
) -> None:
    made = await server.issue(slots=3)
    await home.add(made)
    async with open_home(tmp_path / "thief", clock, server, "thief") as thief:
        await thief.add(made)
        key = await thief.key(1)
        assert await thief.refusal(key) == "licence_not_activated"
        assert await thief.problem() == "licence_active_elsewhere"
        wish = await thief.licences.recover(OWNER, "guessed-code")
        assert await thief.wish(wish) == "licence_wrong_code"
    assert (await server.office.list_licences())[0].issued.refused_times > 0


@in_a_file("who copies a folder has no copy of a server's rows")
async def test_a_copied_installation_is_noticed(
    tmp_path: Path, clock: SteppedClock, server: Server, home: Home
) -> None:
    await home.add(await server.issue())
    (tmp_path / "copy").mkdir()
    for file in (tmp_path / "home").iterdir():
        copyfile(file, tmp_path / "copy" / file.name)
    clock.advance(13 * HOUR_MS)
    await home.step()
    async with open_home(tmp_path / "copy", clock, server, "home") as copy:
        await copy.step()
        assert await copy.problem() == "licence_copied"
        clock.advance(9 * DAY_MS)
        assert (await copy.licences.show(OWNER)).state is State.ENDED
    await home.step()
    assert (await home.licences.show(OWNER)).state is State.GOOD


# -------------------------------------------------------------------- the clock set back


async def test_a_clock_set_back_is_noticed_and_heals(server: Server, home: Home) -> None:
    await home.add(await server.issue())
    key = await home.key(1)
    await home.step()
    home.clock.advance(20 * DAY_MS)
    server.is_away = True
    await home.step()
    assert await home.refusal(key) == "licence_lease_ended"
    home.clock.advance(-20 * DAY_MS)
    assert await home.refusal(key) == "licence_clock_set_back"
    assert (await home.licences.show(OWNER)).state is State.CLOCK_BACK
    server.is_away = False
    home.clock.advance(20 * DAY_MS + MINUTE_MS)
    await home.step()
    assert await home.refusal(key) == ""


async def test_a_clock_set_back_is_noticed_after_a_restart(
    tmp_path: Path, clock: SteppedClock, server: Server
) -> None:
    async with open_home(tmp_path / "one", clock, server) as home:
        await home.add(await server.issue())
        key = await home.key(1)
        await home.step()
        clock.advance(3 * DAY_MS)
        server.is_away = True
        await home.step()
    clock.advance(-3 * DAY_MS)
    async with open_home(tmp_path / "one", clock, server) as home:
        assert await home.refusal(key) == "licence_clock_set_back"


async def test_a_clock_that_ran_ahead_does_not_lock_out_for_ever(
    server: Server, home: Home
) -> None:
    await home.add(await server.issue())
    key = await home.key(1)
    await home.step()
    home.clock.advance(400 * DAY_MS)
    server.is_away = True
    await home.step()
    home.clock.advance(-400 * DAY_MS + HOUR_MS)
    assert await home.refusal(key) == "licence_clock_set_back"
    server.is_away = False
    await home.step()
    assert await home.refusal(key) == ""


async def test_the_server_tells_a_clock_that_is_wrong(server: Server, home: Home) -> None:
    made = await server.issue()
    await home.licences.add(OWNER, made.document)
    question = Ask(
        act=Act.ACTIVATE,
        licence=made.document,
        installation=home.installation.name,
        serial=0,
        nonce="n",
        at_ms=home.clock.now_ms() - DAY_MS,
    )
    with pytest.raises(Forbidden, match="licence_clock_wrong"):
        await server.desk.answer(sign(Kind.ASK, encode_ask(question), home.installation.key))


# -------------------------------------------------------------------- a replayed lease


async def test_a_lease_given_out_before_is_not_believed_again(server: Server, home: Home) -> None:
    await home.add(await server.issue())
    old = server.answers[-1]
    home.clock.advance(13 * HOUR_MS)
    home.road.twist = lambda _: old
    await home.step()
    assert await home.problem() == "licence_lease_replayed"
    assert peek(Kind.LEASE, old)["serial"] == 1


async def test_a_lease_put_back_into_the_database_grants_nothing(
    server: Server, home: Home
) -> None:
    await home.add(await server.issue())
    key = await home.key(1)
    await home.step()
    with_key = server.answers[-1]
    wish = await home.licences.wish(OWNER, Act.ARCHIVE, key.id)
    assert await home.wish(wish) == ""
    assert await home.refusal(key) == "licence_account_archived"
    async with home.database.transaction() as tx:
        await tx.execute("UPDATE licences SET lease = ?", with_key)
    assert await home.refusal(key) == "licence_not_activated"


async def test_a_lease_of_another_installation_is_not_believed(
    tmp_path: Path, clock: SteppedClock, server: Server, home: Home
) -> None:
    async with open_home(tmp_path / "other", clock, server, "other") as other:
        await other.add(await server.issue(holder="Other"))
    foreign = server.answers[-1]
    home.road.twist = lambda _: foreign
    await home.add(await server.issue())
    assert await home.problem() == "licence_lease_replayed"


async def test_a_question_that_was_overheard_gives_nobody_a_lease(
    server: Server, home: Home
) -> None:
    await home.add(await server.issue())
    first = server.asked[-1]
    home.clock.advance(MINUTE_MS)
    assert await server.desk.answer(first) == server.answers[-1]
    await home.licences.wish(OWNER, Act.RENEW)
    await home.step()
    with pytest.raises(Forbidden, match="licence_copied"):
        await server.desk.answer(first)


# -------------------------------------------------------------------- keys moved between accounts


async def test_a_key_of_another_account_does_not_keep_the_slot(server: Server, home: Home) -> None:
    await home.add(await server.issue())
    key = await home.key(1)
    await home.step()
    assert await home.refusal(key) == ""
    async with home.database.transaction() as tx:
        await tx.execute("UPDATE keys SET public_key = 'of another account'")
    await home.step()
    assert await home.refusal(key) == "licence_slots_full"


async def test_an_account_of_another_licence_cannot_be_followed_to(
    tmp_path: Path, clock: SteppedClock, server: Server, home: Home
) -> None:
    async with open_home(tmp_path / "other", clock, server, "other") as other:
        await other.add(await server.issue(holder="Other"))
        await other.key(2)
        await other.step()
    await home.add(await server.issue())
    key = await home.key(1)
    await home.step()
    async with home.database.transaction() as tx:
        await tx.execute("UPDATE keys SET public_key = 'public 2'")
        await store.mark_followed(tx, key.id)
    await home.step()
    assert await home.refusal(key) == "licence_slots_full"
    assert (await store.list_bound(home.database, OWNER))[key.id].problem == (
        "licence_account_elsewhere"
    )


async def test_two_keys_that_follow_each_other_never_trade_at_once(
    server: Server, home: Home
) -> None:
    made = await server.issue()
    await home.add(made)
    key = await home.key(1)
    await home.step()
    async with home.database.transaction() as tx:
        await tx.execute("UPDATE keys SET public_key = 'the next'")
        await store.mark_followed(tx, key.id)
    await home.step()
    assert await home.refusal(key) == ""
    old = await home.key(9, public_key="public 1")
    await home.step()
    assert await home.refusal(old) == "licence_slots_full"


async def test_a_claim_with_the_proof_of_another_key_is_refused(
    tmp_path: Path, clock: SteppedClock, server: Server, home: Home
) -> None:
    async with open_home(tmp_path / "other", clock, server, "other") as other:
        await other.add(await server.issue(holder="Other"))
        await other.key(1)
        await other.step()
    await home.add(await server.issue())
    key = await home.key(1)
    server.prover.accounts["key_7"] = Account("binance", "live", "public 7")
    home.road.proof_key = "key_7"
    wish = await home.licences.wish(OWNER, Act.CLAIM, key.id)
    assert await home.wish(wish) == "licence_proof_of_another_key"


async def test_a_proof_counts_once(server: Server, home: Home) -> None:
    made = await server.issue(slots=2)
    await home.add(made)
    account = Account("binance", "live", "public 1")
    server.prover.accounts["key_1"] = account
    proof: dict[str, object] = {"key": "key_1"}
    mark = mark_of(server.keys.marking, account)
    told = Ask(
        act=Act.CLAIM,
        licence=made.document,
        installation=home.installation.name,
        serial=1,
        nonce="a",
        at_ms=home.clock.now_ms(),
        mark=mark,
        proof=proof,
    )
    await server.desk.answer(sign(Kind.ASK, encode_ask(told), home.installation.key))
    again = replace(told, nonce="b", serial=2)
    with pytest.raises(Forbidden, match="licence_proof_used"):
        await server.desk.answer(sign(Kind.ASK, encode_ask(again), home.installation.key))


# -------------------------------------------------------------------- forged lists


async def test_a_forged_list_of_revocations_is_refused(
    tmp_path: Path, clock: SteppedClock, server: Server, home: Home
) -> None:
    made = await server.issue()
    await home.add(made)
    async with open_server(tmp_path / "other", clock, "another operator") as other:
        forged = await other.office.revocations()
    with pytest.raises(Forbidden, match="licence_forged"):
        await home.licences.take_list(OWNER, forged)
    assert (await home.licences.show(OWNER)).state is State.GOOD


async def test_an_older_list_does_not_let_a_revoked_licence_live_again(
    server: Server, home: Home
) -> None:
    made = await server.issue()
    await home.add(made)
    before = await server.office.revocations()
    assert await server.office.revoke(made.licence.id)
    await home.licences.take_list(OWNER, await server.office.revocations())
    with pytest.raises(Forbidden, match="licence_list_older"):
        await home.licences.take_list(OWNER, before)
    assert (await home.licences.show(OWNER)).state is State.REVOKED


async def test_a_later_list_that_lets_somebody_off_is_not_believed(
    server: Server, home: Home
) -> None:
    made = await server.issue()
    await home.add(made)
    await server.office.revoke(made.licence.id)
    await home.licences.take_list(OWNER, await server.office.revocations())
    told = encode_revocations(Revocations(99, 0, frozenset()))
    with pytest.raises(Forbidden, match="licence_list_older"):
        await home.licences.take_list(OWNER, sign(Kind.REVOCATIONS, told, server.keys.signing))


async def test_a_revocation_reaches_every_other_installation_with_its_next_lease(
    tmp_path: Path, clock: SteppedClock, server: Server, home: Home
) -> None:
    async with open_home(tmp_path / "other", clock, server, "other") as other:
        made = await server.issue(holder="Other")
        await other.add(made)
        key = await other.key(1)
        await other.step()
        await server.office.revoke(made.licence.id)
        clock.advance(13 * HOUR_MS)
        await other.step()
        assert await other.problem() == "licence_revoked"
        assert await other.refusal(key) == "licence_revoked"
    await home.add(await server.issue())
    assert (await home.licences.show(OWNER)).state is State.GOOD


async def test_an_answer_that_is_no_lease_changes_nothing(server: Server, home: Home) -> None:
    await home.add(await server.issue())
    key = await home.key(1)
    await home.step()
    home.clock.advance(13 * HOUR_MS)
    home.road.twist = lambda _: "<html>"
    await home.step()
    assert await home.problem() == "licence_unreadable"
    assert await home.refusal(key) == ""
    assert await home.places() == {"key_1": Place.ACTIVE}
