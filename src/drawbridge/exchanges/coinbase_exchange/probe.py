"""How Coinbase Exchange is asked what a key may do: it does not tell, so only reading is tried.

The questions that would show the other rights are requests that trade or withdraw; none is made.
"""

from typing import Final

from drawbridge.core.operations import CheckAccess
from drawbridge.wire.probing import ReadingProbe

_PROBE: Final = ReadingProbe(
    CheckAccess("check_view"), reads="view", untold=frozenset({"trade", "transfer", "manage"})
)

operations = _PROBE.operations
read = _PROBE.read
