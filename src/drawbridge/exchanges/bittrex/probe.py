"""How Bittrex is asked what a key may do: it does not tell, so only reading is tried.

The questions that would show the other rights are requests that trade or withdraw; none is made.
"""

from typing import Final

from drawbridge.core.operations import GetBalances
from drawbridge.wire.probing import ReadingProbe

_PROBE: Final = ReadingProbe(
    GetBalances(), reads="READ INFO", untold=frozenset({"TRADE", "WITHDRAW"})
)

operations = _PROBE.operations
read = _PROBE.read
