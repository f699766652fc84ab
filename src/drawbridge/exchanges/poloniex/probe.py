"""How Poloniex is asked what a key may do: it does not tell, so only reading is tried.

The questions that would show the other rights are requests that trade or withdraw; none is made.
An order that is placed and cancelled shows trading; of withdrawing nothing can be learnt.
"""

from typing import Final

from drawbridge.core.operations import CheckAccess
from drawbridge.wire.probing import ReadingProbe

_PROBE: Final = ReadingProbe(
    CheckAccess("accounts"), reads="read", untold=frozenset({"trade", "futures_trade", "withdraw"})
)

operations = _PROBE.operations
read = _PROBE.read
