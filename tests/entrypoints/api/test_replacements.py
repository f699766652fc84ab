"""Replacing a key by programs: with a code, and without ever being told a secret."""

import pytest

from tests.kit.owner import SECRET
from tests.kit.program_life import Life

NEW = {"api_key": "N" * 56, "api_secret": SECRET}


@pytest.mark.parametrize(
    ("other", "status", "code"),
    [
        ({"fields": {**NEW, "withdraw": "x"}}, 422, "key_fields_unknown"),
        ({"fields": {"api_key": "N" * 56}}, 422, "missing_field"),
        ({"proof": "by eye"}, 422, "request_field_wrong"),
        ({"code": "000000"}, 403, "code_wrong"),
        ({"code": ""}, 403, "code_needed"),
    ],
)
async def test_what_is_wrong_replaces_nothing(
    life: Life, other: dict[str, object], status: int, code: str
) -> None:
    wish = {"fields": NEW, "code": life.code(), **other}
    answer = await life.program.post(f"/keys/{life.key}/replacement", wish)
    assert (answer.status, answer.code) == (status, code), answer.body
    assert (await life.program.get(f"/keys/{life.key}/replacement")).code == "no_replacement"


async def test_a_key_is_replaced_watched_and_given_up(life: Life) -> None:
    """Scenario 37, as far as it goes without a gateway."""
    path = f"/keys/{life.key}/replacement"
    answer = await life.program.post(path, {"fields": NEW, "code": life.code()})
    assert (answer.status, answer.told["state"]) == (202, "checking")
    assert SECRET not in answer.body.decode()
    told = (await life.program.get(path)).told
    assert (told["acts"], told["other_public_key"]) == (["give_up"], "N" * 56)
    refused = await life.program.post(f"{path}/act", {"act": "confirm"})
    assert (refused.status, refused.code) == (409, "replacement_elsewhere")
    ended = await life.program.post(f"{path}/act", {"act": "give_up"})
    assert (ended.told["state"], ended.told["other_public_key"]) == ("given_up", None)
