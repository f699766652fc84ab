"""Double-entry bookkeeping in atoms: every posting sums to zero in every currency.

An account is a name and lies in one of four groups: a person's free and held money, and what
belongs to the exchange: `house`, `fees`, `issuance`. Who may spend what is the engine's business;
the ledger only makes sure that no money is made or lost and that nobody spends what is not there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from drawbridge.core.errors import Corrupted
from drawbridge.paper.rules import EXACT, amount_of

HOUSE: Final = "house"
FEES: Final = "fees"
ISSUANCE: Final = "issuance"

# The house trades on credit and all money comes out of issuance; everyone else owns what they have.
_MAY_OWE: Final = frozenset({HOUSE, ISSUANCE})
_FREE: Final = "free:"
_HELD: Final = "held:"


class Entry(NamedTuple):
    """One line of a posting. Why a tuple: four to ten are made for every trade."""

    account: str
    currency: str
    atoms: int


@dataclass(frozen=True, slots=True)
class Proof:
    """The books of one currency: `difference` is zero, or money was made or lost.

    What was issued lies with people, with the house, or among the fees.
    """

    currency: str
    issued: Decimal
    people: Decimal
    house: Decimal
    fees: Decimal

    @property
    def difference(self) -> Decimal:
        """Give what is missing (below zero) or too much (above)."""
        found = EXACT.add(EXACT.add(self.people, self.house), self.fees)
        return EXACT.subtract(found, self.issued)


def free(person: str) -> str:
    """Name the account of what a person can spend."""
    return _FREE + person


def held(person: str) -> str:
    """Name the account of what is held for a person's open orders."""
    return _HELD + person


class Ledger:
    """All balances. `post` is the only way to change them."""

    __slots__ = ("_balances",)

    def __init__(self, balances: Mapping[str, Mapping[str, int]] | None = None) -> None:
        """Start empty, or from `currency -> account -> atoms` as `balances()` gave it."""
        self._balances: dict[str, dict[str, int]] = {
            currency: dict(accounts) for currency, accounts in (balances or {}).items()
        }

    def post(self, entries: Iterable[Entry]) -> None:
        """Book the entries, all or none.

        Raises: `Corrupted("ledger_unbalanced")`, `Corrupted("ledger_overdrawn")`: an invariant
        of the engine is broken, and nothing was booked.
        """
        sums: dict[str, int] = {}
        after: dict[tuple[str, str], int] = {}
        for account, currency, atoms in entries:
            sums[currency] = sums.get(currency, 0) + atoms
            key = (currency, account)
            balance = after.get(key)
            after[key] = (self.atoms(account, currency) if balance is None else balance) + atoms
        if any(sums.values()):
            raise Corrupted("ledger_unbalanced", currencies=sorted(sums))
        for (currency, account), balance in after.items():
            if balance < 0 and account not in _MAY_OWE:
                raise Corrupted("ledger_overdrawn", currency=currency, account=account)
        for (currency, account), balance in after.items():
            self._balances.setdefault(currency, {})[account] = balance

    def move(self, person: str, currency: str, atoms: int) -> None:
        """Move free money of a person into what is held (back, when below zero).

        Why: the most frequent posting of all; its two entries balance by construction.
        Raises: `Corrupted("ledger_overdrawn")`.
        """
        accounts = self._balances.setdefault(currency, {})
        source, target = _FREE + person, _HELD + person
        left, kept = accounts.get(source, 0) - atoms, accounts.get(target, 0) + atoms
        if left < 0 or kept < 0:
            raise Corrupted("ledger_overdrawn", currency=currency, account=person)
        accounts[source], accounts[target] = left, kept

    def atoms(self, account: str, currency: str) -> int:
        """Give the balance of an account in one currency."""
        accounts = self._balances.get(currency)
        return accounts.get(account, 0) if accounts else 0

    def currencies(self) -> tuple[str, ...]:
        """Give the currencies in which anything was ever booked."""
        return tuple(sorted(self._balances))

    def prove(self, places: Mapping[str, int]) -> tuple[Proof, ...]:
        """Add up the books of every currency; `places` says how fine each is counted."""
        return tuple(self._prove(currency, places[currency]) for currency in self.currencies())

    def balances(self) -> dict[str, dict[str, int]]:
        """Give everything as `currency -> account -> atoms`, for a snapshot."""
        return {currency: dict(accounts) for currency, accounts in self._balances.items()}

    def _prove(self, currency: str, places: int) -> Proof:
        accounts = self._balances[currency]
        house, fees = accounts.get(HOUSE, 0), accounts.get(FEES, 0)
        issued = -accounts.get(ISSUANCE, 0)
        people = sum(atoms for name, atoms in accounts.items() if name.startswith((_FREE, _HELD)))
        return Proof(
            currency,
            issued=amount_of(issued, places),
            people=amount_of(people, places),
            house=amount_of(house, places),
            fees=amount_of(fees, places),
        )
