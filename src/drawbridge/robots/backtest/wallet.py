"""One wallet that several markets trade from, in the quote currency that they share."""


class Wallet:
    """Cash, and what of it stands in for something.

    Units: quote currency, in floats: it decides what can be paid; exact amounts are made of
    fills afterwards.
    """

    __slots__ = ("_locked", "cash")

    def __init__(self, cash: float) -> None:
        """Begin with this cash."""
        self.cash = cash
        self._locked: dict[int, float] = {}

    def lock(self, lane: int, amount: float) -> None:
        """Let a lane say what its short position or its resting orders take up now."""
        self._locked[lane] = amount

    def locked_by_others(self, lane: int) -> float:
        """Give what all other lanes take up."""
        return sum(amount for other, amount in self._locked.items() if other != lane)

    def free(self) -> float:
        """Give what nobody takes up."""
        return self.cash - sum(self._locked.values())
