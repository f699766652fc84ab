"""The turnstile: tokens, pace, sizes, languages, and requests that are sent twice."""

import asyncio

import pytest

from drawbridge.accounts.throttle import limits_of_token
from drawbridge.core.clock import DAY_MS, MINUTE_MS
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.api.turnstile import MOST_BODY_BYTES, PER_TOKEN
from tests.kit.program import ApiSite, Program

LIMITS = {"position": "100"}


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "drawbridge_session=x", "dbr_nobody"]
)
async def test_without_a_token_nothing_is_told(site: ApiSite, header: str) -> None:
    answer = await Program(site.app).get("/me", authorization=header)
    assert (answer.status, answer.code) == (401, "token_missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="drawbridge"'


async def test_a_session_of_the_pages_is_no_token(site: ApiSite) -> None:
    accounts, password = site.house.accounts, Secret("correct horse battery")
    await accounts.create_owner("Ada", password)
    session = await accounts.log_in("Ada", password, None, "127.0.0.1")
    cookie = f"drawbridge_session={session.reveal()}"
    assert (await Program(site.app).get("/me", cookie=cookie)).status == 401
    wrong = await Program(site.app, session.reveal()).get("/me")
    assert (wrong.status, wrong.code) == (401, "token_wrong")


async def test_a_token_that_has_ended_is_told_as_ended(site: ApiSite) -> None:
    program = await site.program(await site.owner())
    site.web.clock.advance(DAY_MS)
    answer = await program.get("/me")
    assert (answer.status, answer.code) == (401, "token_ended")
    assert answer.headers["www-authenticate"].endswith('error="invalid_token"')


async def test_who_keeps_guessing_tokens_has_to_wait_and_nobody_else(site: ApiSite) -> None:
    right = await site.program(await site.owner())
    guesser = Program(site.app, "dbr_guess")
    for _ in range(limits_of_token("127.0.0.1")[0].free):
        assert (await guesser.get("/me")).status == 401
    answer = await guesser.get("/me")
    assert (answer.status, answer.code) == (429, "too_many_attempts")
    assert int(answer.headers["retry-after"]) > 0
    assert (await Program(site.app, "dbr_guess", "203.0.113.5").get("/me")).status == 401
    assert (await right.get("/me")).status == 200


async def test_a_token_has_a_pace_of_its_own(site: ApiSite) -> None:
    owner = await site.owner()
    program, other = await site.program(owner), await site.program(owner, name="Other")
    for _ in range(PER_TOKEN):
        assert (await program.get("/notices/unread")).status == 200
    answer = await program.get("/notices/unread")
    assert (answer.status, answer.code) == (429, "too_many_requests")
    assert answer.told["title"].startswith("Too many requests with this token. Wait ")
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert (await other.get("/notices/unread")).status == 200
    site.web.clock.advance(MINUTE_MS)
    assert (await program.get("/notices/unread")).status == 200


async def test_another_host_name_does_not_reach_it(site: ApiSite) -> None:
    program = await site.program(await site.owner())
    assert (await program.get("/me", host="evil.example.com")).status == 421


async def test_a_body_without_end_is_not_read_to_its_end(site: ApiSite) -> None:
    program = await site.program(await site.owner())
    answer = await program.post("/stop", b" " * (MOST_BODY_BYTES + 1))
    assert (answer.status, answer.code) == (413, "request_too_large")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "request_field_missing"),
        (b"{", "request_not_json"),
        (b"[" * 10_000, "request_not_json"),
        (b"9" * 5_000, "request_not_json"),
        (b"\xff", "request_not_json"),
        (b"[]", "request_field_wrong"),
        (b"null", "request_field_wrong"),
        (b'{"collar": true}', "request_field_wrong"),
        (b'{"collar": 1}', "request_field_wrong"),
        (b'{"other": true}', "request_field_unknown"),
    ],
)
async def test_a_body_that_does_not_fit_is_told_by_its_field(
    site: ApiSite, body: bytes, code: str
) -> None:
    program = await site.program(await site.owner())
    answer = await program.send("PUT", "/limits/robot:a", body)
    assert (answer.status, answer.code) == (422, code)


async def test_a_body_that_is_not_said_to_be_json_is_not_taken_for_it(site: ApiSite) -> None:
    program = await site.program(await site.owner())
    form = "application/x-www-form-urlencoded"
    answer = await program.post("/stop", {}, content_type=form)
    assert (answer.status, answer.code) == (422, "request_not_json")
    assert (await program.get("/stop")).told["is_stopped"] is False


async def test_an_unknown_address_or_method_is_a_problem_as_well(site: ApiSite) -> None:
    program = await site.program(await site.owner())
    nowhere = await program.get("/nowhere")
    assert (nowhere.status, nowhere.code) == (404, "no_such_operation")
    wrong = await program.send("PATCH", "/keys")
    assert (wrong.status, wrong.code, wrong.headers["allow"]) == (
        405,
        "no_such_method",
        "GET, POST",
    )
    assert (await Program(site.app).get("/nowhere")).status == 401


async def test_an_error_is_said_in_the_language_asked_for_or_the_owners(site: ApiSite) -> None:
    owner = await site.owner()
    program = await site.program(owner)
    english = await program.get("/keys/key_none")
    await site.house.languages.choose(owner, "ja")
    japanese = await program.get("/keys/key_none")
    russian = await program.get("/keys/key_none", accept_language="ru, en;q=0.5")
    titles = {it.told["title"] for it in (english, japanese, russian)}
    tags = [it.headers["content-language"] for it in (english, japanese, russian)]
    assert (len(titles), tags) == (3, ["en", "ja", "ru"])
    assert {it.code for it in (english, japanese, russian)} == {"unknown_key"}


async def test_the_schema_is_open_to_everybody(site: ApiSite) -> None:
    answer = await Program(site.app).get("/openapi.json")
    assert (answer.status, answer.told["openapi"]) == (200, "3.1.0")


async def test_what_is_sent_twice_under_one_key_is_done_once(site: ApiSite) -> None:
    program = await site.program(await site.owner())
    first = await program.post("/stop", {}, idempotency_key="one")
    again = await program.post("/stop", {}, idempotency_key="one")
    assert (first.status, again.status, first.body) == (200, 200, again.body)
    assert again.headers["idempotency-replayed"] == "true"
    await program.post("/resume")
    assert (await program.post("/stop", {}, idempotency_key="one")).body == first.body
    assert (await program.get("/stop")).told["is_stopped"] is False
    other = await program.post("/stop", {"cancel_orders": True}, idempotency_key="one")
    assert (other.status, other.code) == (409, "idempotency_key_used")
    elsewhere = await program.post("/resume", {}, idempotency_key="one")
    assert elsewhere.code == "idempotency_key_used"
    site.web.clock.advance(DAY_MS - 1)
    later = await site.program((await site.house.accounts.list_owners())[0].id, name="Later")
    assert (await later.post("/stop", {}, idempotency_key="one")).told["is_stopped"] is True


async def test_a_key_may_be_used_again_after_a_day(site: ApiSite) -> None:
    owner = await site.owner()
    _, text = await site.house.tokens.make(owner, "Long", ["limits"], 10 * DAY_MS)
    program = Program(site.app, text.reveal())
    await program.post("/stop", {}, idempotency_key="one")
    site.web.clock.advance(DAY_MS)
    assert (await program.post("/resume", idempotency_key="one")).status == 200


async def test_a_refused_request_leaves_its_key_free(site: ApiSite) -> None:
    program = await site.program(await site.owner())
    refused = await program.post("/resume", idempotency_key="one")
    assert (refused.status, refused.code) == (409, "not_stopped")
    await program.post("/stop", {})
    assert (await program.post("/resume", idempotency_key="one")).status == 200


@pytest.mark.parametrize("key", ["", "x" * 129, "caf\xe9", "a\tb"])
async def test_a_key_that_is_none_is_refused(site: ApiSite, key: str) -> None:
    program = await site.program(await site.owner())
    answer = await program.post("/stop", {}, idempotency_key=key)
    assert (answer.status, answer.code) == (422, "idempotency_key_wrong")
    assert (await program.get("/stop")).told["is_stopped"] is False


async def test_of_two_at_the_same_moment_one_is_done(site: ApiSite) -> None:
    program = await site.program(await site.owner())
    answers = await asyncio.gather(
        *(program.post("/stop", {}, idempotency_key="one") for _ in range(5))
    )
    assert {it.status for it in answers} == {200, 409}
    assert {it.code for it in answers if it.status == 409} == {"request_under_way"}


async def test_what_was_cut_off_is_not_done_again(site: ApiSite) -> None:
    program = await site.program(await site.owner())
    await program.post("/stop", {}, idempotency_key="one")
    async with site.house.database.transaction() as tx:
        # As a process leaves it that died before it had the answer.
        await tx.execute("UPDATE api_answers SET status = NULL, body = NULL")
    answer = await program.post("/stop", {}, idempotency_key="one")
    assert (answer.status, answer.code) == (409, "request_interrupted")
