"""Somebody is ended while their robot trades: nothing of theirs crosses any more."""

import asyncio
from pathlib import Path

from drawbridge.accounts.roles import Role
from drawbridge.app.build import House, open_house
from drawbridge.robots.model import RobotStatus
from drawbridge.robots.wishes import Wish
from drawbridge.vault.model import KeyStatus
from tests.kit.house import Town, add_key, create_owner, enabled, found_town, until
from tests.kit.roles import let_in

EXCHANGE = "kraken"


async def _robot_becomes(house: House, owner: str, robot: str, status: RobotStatus) -> str:
    async def is_so() -> bool:
        return (await house.robots.get_robot(owner, robot)).status is status

    await until(is_so, f"the robot becomes {status}")
    return (await house.robots.get_robot(owner, robot)).reason


async def _end_a_member_at_work(town: Town) -> None:
    town.gateway()
    async with open_house(town.settings) as house:
        owner = await create_owner(house)
        ada = await house.people.find_owner(owner)
        assert ada is not None
        mia = await let_in(house, ada, Role.MEMBER)
        key = await enabled(house, (await add_key(house, town, mia.id, EXCHANGE)).id)
        wish = Wish(key_id=key.id, symbol="BTC/USD", amount="100", name="Ace")
        robot = (await house.robots.create(mia.id, wish)).id
        await house.robots.start(mia.id, robot)
        await _robot_becomes(house, mia.id, robot, RobotStatus.STARTED)

        await house.people.end(ada, mia.id)

        why = await _robot_becomes(house, mia.id, robot, RobotStatus.PAUSED)
        assert why == "robot_key_disabled"
        assert (await house.vault.get_record(key.id)).status is KeyStatus.DISABLED
        # Let back in, nothing trades before they themselves have switched their key on.
        await house.people.let_back(ada, mia.id)
        assert (await house.vault.get_record(key.id)).status is KeyStatus.DISABLED
        await house.vault.enable(mia.id, key.id)
        await enabled(house, key.id)


def test_who_is_ended_trades_no_more_and_begins_again_by_their_own_hand(tmp_path: Path) -> None:
    with found_town(tmp_path) as town:
        asyncio.run(_end_a_member_at_work(town))
