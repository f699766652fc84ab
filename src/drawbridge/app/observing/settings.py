"""What whoever operates a process may set: how its log is written, and where it tells of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from drawbridge.app.observing.logs import LOG_NAME, LogStyle, read_log_style
from drawbridge.core.errors import BadInput

OPS_NAME: Final = "DRAWBRIDGE_OPS"
TRACES_NAME: Final = "DRAWBRIDGE_TRACES"
ONE_IN_NAME: Final = "DRAWBRIDGE_TRACES_ONE_IN"

_PORTS: Final = range(65_536)
_USUAL_ONE_IN: Final = 100
_ONE_IN: Final = range(1, 1_000_001)


@dataclass(frozen=True, slots=True)
class ObservingSettings:
    """How a process is seen from outside; by itself it is not.

    `ops` is where health and metrics are told, as `host:port`; `traces` is the collector's URL, to
    which one request in `traces_one_in` is told step by step.
    """

    log: LogStyle = LogStyle.PLAIN
    ops: str = ""
    traces: str = ""
    traces_one_in: int = _USUAL_ONE_IN

    @property
    def place(self) -> tuple[str, int] | None:
        """Give the address and the port (0: any) to listen on; None: listen nowhere."""
        if not self.ops:
            return None
        host, _, port = self.ops.rpartition(":")
        return host.strip("[]"), int(port)

    def environment(self) -> dict[str, str]:
        """Write the settings as the environment of a child process."""
        return {
            LOG_NAME: self.log.value,
            OPS_NAME: self.ops,
            TRACES_NAME: self.traces,
            ONE_IN_NAME: str(self.traces_one_in),
        }

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
    traces, one_in = given.get(TRACES_NAME, ""), given.get(ONE_IN_NAME) or str(_USUAL_ONE_IN)
    if traces:
        _check_url(traces)
    if not (one_in.isascii() and one_in.isdigit()) or int(one_in) not in _ONE_IN:
        raise BadInput("bad_traces_one_in", field=ONE_IN_NAME, most=_ONE_IN[-1])
    return ObservingSettings(read_log_style(given), ops, traces, int(one_in))


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadInput("bad_traces_url", field=TRACES_NAME) from None
    is_plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_plain:
        raise BadInput("bad_traces_url", field=TRACES_NAME)
    if not url.isascii():
        raise BadInput("bad_traces_url", field=TRACES_NAME)


def _check_place(ops: str) -> None:
    host, _, port = ops.rpartition(":")
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        raise BadInput("ops_not_an_address", field=OPS_NAME) from None
    if not (port.isascii() and port.isdigit()) or int(port) not in _PORTS:
        raise BadInput("ops_not_an_address", field=OPS_NAME)
