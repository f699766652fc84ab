"""Keys, checks, holdings and performance of a Drawbridge elsewhere, as the house has them here.

The methods are those of the services in the house that commands call; whose they are says the
token, so that an owner is not asked for.
"""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Final

from drawbridge.client import every
from drawbridge.client.accounts import Account, Performance, TogetherTold
from drawbridge.client.keys import CheckTold, Key
from drawbridge.client.shapes import Reason
from drawbridge.core.money import plain
from drawbridge.core.orders import Fill
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.cli.remote_line import Line
from drawbridge.entrypoints.cli.remote_reading import read_as
from drawbridge.statistics.account import AccountReport
from drawbridge.statistics.service import Ground, Report, report_on
from drawbridge.statistics.together import Together
from drawbridge.trading.holdings import Holding, Portfolio, Shown, read_currency
from drawbridge.vault.model import KeyRecord, read_proof
from drawbridge.verification.store import Check, CheckStep

MOST: Final = 200
"""How many items of a list are asked for at a time."""


class RemoteKeys:
    """The vault elsewhere, as far as it is reached from here."""

    def __init__(self, line: Line, ask_code: Callable[[], Secret]) -> None:
        """Speak over a line; `ask_code` asks the person for their authenticator's code."""
        self._line = line
        self._ask_code = ask_code

    async def list_keys(self, _owner: str) -> tuple[KeyRecord, ...]:
        """List the keys in the order in which they were added."""
        return await self._line.ask(
            lambda client: tuple(map(read_key, every(client.keys.list_keys, limit=MOST)))
        )

    async def get_record(self, key_id: str) -> KeyRecord:
        """Give one key."""
        return await self._line.ask(lambda client: read_key(client.keys.get_key(key_id)))

    async def request_check(self, _owner: str, key_id: str, proof: str = "order") -> KeyRecord:
        """Ask for a key to be checked anew."""
        chosen = read_proof(proof, has_dry_run=True)
        return await self._line.act(
            lambda client, once: read_key(
                client.keys.request_check(key_id, {"proof": chosen.value}, idempotency_key=once)
            )
        )

    async def disable(self, _owner: str, key_id: str) -> KeyRecord:
        """Switch a key off."""
        return await self._line.act(
            lambda client, once: read_key(client.keys.disable_key(key_id, idempotency_key=once))
        )

    async def enable(self, _owner: str, key_id: str) -> KeyRecord:
        """Switch a key on again; elsewhere a code of the authenticator is asked for."""
        code = self._ask_code()
        return await self._line.act(
            lambda client, once: read_key(
                client.keys.enable_key(key_id, {"code": code.reveal()}, idempotency_key=once)
            )
        )

    async def delete(self, _owner: str, key_id: str) -> None:
        """Erase a key's secret; elsewhere a code of the authenticator is asked for."""
        code = self._ask_code()
        await self._line.act(
            lambda client, once: client.keys.delete_key(
                key_id, {"code": code.reveal()}, idempotency_key=once
            )
        )


class RemoteChecks:
    """The checks of keys elsewhere."""

    def __init__(self, line: Line) -> None:
        """Speak over a line."""
        self._line = line

    async def find_latest(self, key_id: str) -> Check | None:
        """Give the last check of a key, None where there was none yet."""
        return await self._line.ask(
            lambda client: _read_check(key_id, client.keys.get_check(key_id))
        )


class RemotePortfolios:
    """What accounts elsewhere hold."""

    def __init__(self, line: Line) -> None:
        """Speak over a line."""
        self._line = line

    async def find(self, key_id: str) -> Shown | None:
        """Give what was last read of a key's account, None when it never was."""
        return await self._line.ask(
            lambda client: _read_shown(client.accounts.get_holdings(key_id))
        )

    async def find_all(self, key_ids: Collection[str]) -> Mapping[str, Shown]:
        """Give what was last read of several keys' accounts, of those that ever were."""
        read = await self._line.ask(
            lambda client: {
                it["key_id"]: _read_shown(it)
                for it in every(client.accounts.list_accounts, limit=MOST)
                if it["key_id"] in key_ids
            }
        )
        return {key_id: shown for key_id, shown in read.items() if shown is not None}

    async def ask(self, key_id: str, currency: str) -> None:
        """Wish for a key's account in this currency, read anew."""
        wished = read_currency(currency)
        await self._line.act(
            lambda client, once: client.accounts.request_holdings(
                key_id, {"currency": wished}, idempotency_key=once
            )
        )


class RemoteWealth:
    """How all accounts of a venue elsewhere did together."""

    def __init__(self, line: Line) -> None:
        """Speak over a line."""
        self._line = line

    async def together(
        self, key_ids: Collection[str], currency: str, *, risk_free_rate: Decimal = Decimal(0)
    ) -> Together:
        """Report on the accounts of these keys, which are all of one venue."""
        venues = await self._line.ask(
            lambda client: {
                it["venue"]
                for it in every(client.accounts.list_accounts, limit=MOST)
                if it["key_id"] in key_ids
            }
        )
        return await self._line.ask(
            lambda client: _read_together(
                client.accounts.get_performance_together(
                    currency=currency, risk_free_rate=plain(risk_free_rate)
                )["performances"],
                venues,
            )
        )


class RemoteStatistics:
    """How robots and accounts elsewhere did: robots reckoned here, from what they traded there."""

    def __init__(self, line: Line) -> None:
        """Speak over a line."""
        self._line = line

    async def report(self, origin: str, ground: Ground) -> Report:
        """Report on all trading of a robot, by its origin."""
        robot = robot_of(origin)
        trades = await self._line.ask(
            lambda client: [
                (it["key_id"], read_as(Fill, it))
                for it in every(client.robot_reports.list_robot_trades, robot, limit=MOST)
            ]
        )
        # In the house's own order: account by account, each from its oldest execution on.
        trades.sort(key=lambda it: (it[0], it[1].time_ms, it[1].trade_id))
        apart = [[fill for _, fill in part] for _, part in groupby(trades, lambda it: it[0])]
        together = sorted((fill for _, fill in trades), key=lambda it: it.time_ms)
        return report_on(together, ground, apart=apart)

    async def account(
        self, key_id: str, currency: str = "", risk_free_rate: Decimal = Decimal(0)
    ) -> AccountReport | None:
        """Report on a key's account; None when there is no snapshot yet."""
        return await self._line.ask(
            lambda client: _read_report(
                client.accounts.get_performance(
                    key_id, currency=currency or None, risk_free_rate=plain(risk_free_rate)
                )
            )
        )


def code_of(reason: Reason | None) -> str:
    """Give the code of a reason, empty where there is none."""
    return reason["code"] if reason else ""


def reason_of(reason: Reason | None) -> dict[str, object]:
    """Give a reason as our values have it, in two fields."""
    return {"reason": code_of(reason), "facts": dict(reason["facts"]) if reason else {}}


def robot_of(origin: str) -> str:
    """Give the id of the robot whose orders bear this origin."""
    return origin.partition(":")[2]


def read_key(told: Key) -> KeyRecord:
    """Read a key."""
    return read_as(KeyRecord, told, {"owner": "", **reason_of(told["reason"])})


def _read_check(key_id: str, told: CheckTold) -> Check | None:
    if not told["number"]:
        return None
    steps = (read_as(CheckStep, it, {"code": code_of(it["reason"])}) for it in told["steps"])
    return Check(key_id, told["number"], tuple(steps))


def _read_report(told: Performance) -> AccountReport | None:
    report = told["report"]
    return None if report is None else read_as(AccountReport, report)


def _read_together(told: list[TogetherTold], venues: Collection[str]) -> Together:
    by_venue = {it["venue"]: it for it in told if it["venue"] in venues}
    _, found = by_venue.popitem()
    return read_as(Together, found, {"report": read_as(AccountReport, found["report"])})


def _read_shown(told: Account) -> Shown | None:
    if told["asked_ms"] is None:
        return None
    known: Mapping[str, object] = {
        "holdings": tuple(read_as(Holding, it) for it in told["holdings"])
    }
    portfolio = None if told["total"] is None else read_as(Portfolio, told, known)
    reason = told["problem"]
    return Shown(
        key_id=told["key_id"],
        wished=told["wished"],
        asked_ms=told["asked_ms"],
        portfolio=portfolio,
        problem=code_of(reason),
        problem_facts=reason["facts"] if reason else {},
    )
