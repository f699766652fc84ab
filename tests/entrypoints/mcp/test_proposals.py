"""Assistants propose with a token, and a person's answer acts. No tool does."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from drawbridge.accounts.api_tokens import TokenScope
from drawbridge.app.build import open_house
from drawbridge.app.settings import Settings
from drawbridge.core.clock import DAY_MS, SteppedClock
from drawbridge.core.operations import Scope
from drawbridge.core.secret import Secret
from drawbridge.robots.model import RobotStatus
from drawbridge.robots.wishes import Wish
from drawbridge.sealing.private_files import write_private
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.vault.unlock import Wish as DoorWish
from tests.entrypoints.mcp.test_server import ask, assistant
from tests.kit.holding import held_here
from tests.kit.owner import KEY, SECRET

LONG_AGO_MS = 1_600_000_000_000
PROPOSES = (TokenScope.ROBOTS, TokenScope.KEYS, TokenScope.LIMITS)


@dataclass
class Home:
    """A data folder with an owner, a key and a robot, and a token's file."""

    data: Path
    owner: str
    robot: str
    key: str

    async def token(self, *scopes: TokenScope, clock: SteppedClock | None = None) -> Path:
        """Make a token with these rights, and give its file."""
        async with open_house(Settings(data=self.data), clock) as house:
            _, text = await house.tokens.make(self.owner, "Jeeves", scopes, 30 * DAY_MS)
        file = self.data / "assistant.token"
        write_private(file, text.reveal().encode() + b"\n", replace=True)
        return file

    async def status(self) -> RobotStatus:
        async with open_house(Settings(data=self.data)) as house:
            return (await house.robots.get_robot(self.owner, self.robot)).status


@pytest.fixture
async def home(tmp_path: Path) -> Home:
    async with open_house(Settings(data=tmp_path)) as house:
        owner = await house.accounts.create_owner("Ada", Secret("correct horse battery"))
        holder = KeyHolder(house.database, house.clock, house.settings.vault_key)
        await holder.start()
        await held_here(house).door.ask(owner.id, DoorWish.CREATE, None)
        await holder.answer()
        fields = {"api_key": KEY, "api_secret": SECRET}
        key = (await house.vault.add(owner.id, "kraken", "paper", fields, "Main")).key
        scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
        await house.vault.record_verdict(key.id, Standing(KeyStatus.ENABLED, scopes=scopes))
        wish = Wish(key_id=key.id, symbol="BTC/USD", amount="100", name="Ace")
        robot = await house.robots.create(owner.id, wish)
        await holder.stop()
    return Home(tmp_path, owner.id, robot.id, key.id)


async def test_without_a_token_nothing_is_proposed(home: Home) -> None:
    async with assistant(home.data) as session:
        wrong, said = await ask(session, "propose_start_robot", robot="Ace")

    assert wrong
    assert "without a token" in said


@pytest.mark.parametrize(
    ("scopes", "code"),
    [
        ((), "token_lacks_scope"),
        ((TokenScope.KEYS,), "token_lacks_scope"),
        ((TokenScope.ROBOTS, TokenScope.APPROVALS), "token_could_answer"),
    ],
)
async def test_a_token_without_the_right_proposes_nothing(
    home: Home, scopes: tuple[TokenScope, ...], code: str
) -> None:
    async with assistant(home.data, await home.token(*scopes)) as session:
        wrong, said = await ask(session, "propose_start_robot", robot="Ace")

    assert wrong
    assert code in said


async def test_a_token_that_has_ended_proposes_nothing(home: Home) -> None:
    file = await home.token(*PROPOSES, clock=SteppedClock(LONG_AGO_MS))

    async with assistant(home.data, file) as session:
        wrong, said = await ask(session, "propose_stop_everything")

    assert wrong
    assert "token_ended" in said


async def test_a_token_that_others_can_read_is_not_used(home: Home) -> None:
    file = await home.token(*PROPOSES)
    file.chmod(0o644)

    async with assistant(home.data, file) as session:
        wrong, said = await ask(session, "propose_stop_everything")

    assert wrong
    assert "token_exposed" in said


@pytest.mark.parametrize("name", ["--help", "--yes", "-", "'; drop table robots"])
async def test_what_an_assistant_proposes_is_a_name_and_never_an_option(
    home: Home, name: str
) -> None:
    async with assistant(home.data, await home.token(*PROPOSES)) as session:
        wrong, said = await ask(session, "propose_start_robot", robot=name)

    assert wrong
    assert "unknown_robot" in said


async def test_a_proposal_acts_once_the_person_says_yes_and_the_assistant_learns_of_it(
    home: Home,
) -> None:
    async with assistant(home.data, await home.token(*PROPOSES)) as session:
        wrong, said = await ask(session, "propose_start_robot", robot="Ace")
        assert not wrong
        proposal = json.loads(said)
        assert (proposal["state"], proposal["asked_by"]) == ("asked", "Jeeves")
        assert await home.status() is RobotStatus.STOPPED
        again = json.loads((await ask(session, "propose_start_robot", robot="Ace"))[1])
        assert again["id"] == proposal["id"], "asking twice is asking once"

        async with open_house(Settings(data=home.data)) as house:
            await house.answering.answer(home.owner, proposal["id"], is_yes=True, by=home.owner)
        told = json.loads((await ask(session, "proposal", proposal=proposal["id"]))[1])

    assert (told["state"], told["outcome"]) == ("approved", "done")
    assert await home.status() is RobotStatus.STARTING


async def test_a_key_check_and_a_stop_are_proposed_and_no_secret_is_told(home: Home) -> None:
    async with assistant(home.data, await home.token(*PROPOSES)) as session:
        heard = [
            await ask(session, "propose_check_key", key="Main"),
            await ask(session, "propose_stop_robot", robot=home.robot),
            await ask(session, "propose_stop_everything"),
        ]

    assert [wrong for wrong, _ in heard] == [False] * 3
    assert not any(SECRET in said for _, said in heard)
    async with open_house(Settings(data=home.data)) as house:
        kinds = [it.kind.value for it in await house.approvals.list_open(home.owner)]
        assert sorted(kinds) == ["check_key", "stop_everything", "stop_robot"]
        assert not house.limits.is_stopped(home.owner)
        assert (await house.vault.get_key(home.owner, home.key)).check_requested_ms is None
