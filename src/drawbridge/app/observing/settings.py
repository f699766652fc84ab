"""What whoever operates a process may set: how its log is written, and where it tells of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from drawbridge.app.observing.logs import LOG_NAME, LogStyle, read_log_style
from drawbridge.core.errors import BadInput

OPS_NAME: Final = "DRAWBRIDGE_OPS"

_PORTS: Final = range(65_536)


@dataclass(frozen=True, slots=True)
class ObservingSettings:
    """`ops` is where health and metrics are told, as `host:port`; empty: nowhere."""

    log: LogStyle = LogStyle.PLAIN
    ops: str = ""

    @property
    def place(self) -> tuple[str, int] | None:
        """Give the address and the port (0: any) to listen on; None: listen nowhere."""
        if not self.ops:
            return None
        host, _, port = self.ops.rpartition(":")
        return host.strip("[]"), int(port)

    def environment(self) -> dict[str, str]:
        """Write the settings as the environment of a child process."""
        return {LOG_NAME: self.log.value, OPS_NAME: self.ops}

    def beside(self, step: int) -> dict[str, str]:
        """Give where the process so many places further listens, as a part of its environment.

        Why: the processes of one machine share their settings, and each needs a port of its own.
        """
        if self.place is None or not self.place[1]:
            return {OPS_NAME: self.ops}
        return {OPS_NAME: f"{self.ops.rpartition(':')[0]}:{self.place[1] + step}"}


def read_observing_settings(given: Mapping[str, str]) -> ObservingSettings:
    """Read the settings. Raises: `BadInput` naming the variable."""
    ops = given.get(OPS_NAME, "")
    if ops:
        _check_place(ops)
    return ObservingSettings(read_log_style(given), ops)


def _check_place(ops: str) -> None:
    host, _, port = ops.rpartition(":")
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        raise BadInput("ops_not_an_address", field=OPS_NAME) from None
    if not (port.isascii() and port.isdigit()) or int(port) not in _PORTS:
        raise BadInput("ops_not_an_address", field=OPS_NAME)
