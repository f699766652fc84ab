"""How CEX.IO is asked what a key may do: it does not tell, so only reading is tried.

What would show the other rights are requests that cancel or move money; none is made. An order
that is placed and cancelled shows trading; whether a key may move money cannot be learnt.
"""

from typing import Final

from drawbridge.core.operations import CheckAccess
from drawbridge.wire.probing import ReadingProbe

_PROBE: Final = ReadingProbe(
    CheckAccess("fees"), reads="read", untold=frozenset({"trade", "funds_internal", "funds_wallet"})
)

operations = _PROBE.operations
read = _PROBE.read
