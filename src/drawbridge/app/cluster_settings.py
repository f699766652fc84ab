"""What processes of a cluster are told of each other: where, under which proof, with which key.

Nothing of it is needed on one machine with one file of rows. Who works for which accounts is no
setting: workers claim them (`cluster/`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from drawbridge.core.errors import BadInput

_WORKER: Final = "DRAWBRIDGE_WORKER"
_GROUP: Final = "DRAWBRIDGE_EGRESS_GROUP"
_LOCAL_KEY: Final = "DRAWBRIDGE_LOCAL_KEY"
_VAULT_KEY: Final = "DRAWBRIDGE_VAULT_KEY"
_CERTIFICATE: Final = "DRAWBRIDGE_CLUSTER_CERTIFICATE"
_KEY: Final = "DRAWBRIDGE_CLUSTER_KEY"
_AUTHORITY: Final = "DRAWBRIDGE_CLUSTER_CA"
_NAME: Final = "DRAWBRIDGE_CLUSTER_NAME"
_PORTS: Final = range(1, 65_536)
_USUAL_WORKER: Final = "127.0.0.1:8920"
_GROUPS: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """Where a worker listens for requests that are handed on to it, and what it shares.

    `worker` is an address as `host:port`, `egress_group` the name of the outgoing addresses that
    it sends from. `local_key` is the file that all processes of a cluster hold alike, `vault_key`
    the vault's, which all workers read and one writes anew. The last four prove one process to
    another over a network: certificate, its key, who vouches, and the name that all workers'
    certificates bear; without one, each bears its address.
    """

    worker: str = _USUAL_WORKER
    egress_group: str = ""
    local_key: Path | None = None
    vault_key: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None
    name: str = ""

    @property
    def has_tls(self) -> bool:
        """Tell whether processes prove themselves to each other."""
        return self.certificate is not None

    def environment(self) -> dict[str, str]:
        """Write the settings as the environment of a child process."""
        return {
            _WORKER: self.worker,
            _GROUP: self.egress_group,
            _LOCAL_KEY: str(self.local_key or ""),
            _VAULT_KEY: str(self.vault_key or ""),
            _CERTIFICATE: str(self.certificate or ""),
            _KEY: str(self.key or ""),
            _AUTHORITY: str(self.authority or ""),
            _NAME: self.name,
        }


def read_cluster_settings(given: Mapping[str, str]) -> ClusterSettings:
    """Read the settings. Raises: `BadInput` naming the variable."""
    settings = ClusterSettings(
        worker=given.get(_WORKER) or _USUAL_WORKER,
        egress_group=given.get(_GROUP, ""),
        local_key=_path(given, _LOCAL_KEY),
        vault_key=_path(given, _VAULT_KEY),
        certificate=_path(given, _CERTIFICATE),
        key=_path(given, _KEY),
        authority=_path(given, _AUTHORITY),
        name=given.get(_NAME, ""),
    )
    if settings.egress_group and not _GROUPS.fullmatch(settings.egress_group):
        raise BadInput("bad_egress_group", field=_GROUP)
    _check_together(settings)
    _check_worker(settings)
    return settings


def _check_together(settings: ClusterSettings) -> None:
    needed = {
        _CERTIFICATE: settings.certificate,
        _KEY: settings.key,
        _AUTHORITY: settings.authority,
    }
    missing = [name for name, path in needed.items() if path is None]
    if missing and len(missing) < len(needed):
        raise BadInput("cluster_needs_all_three", field=missing[0], known=tuple(needed))


def _check_worker(settings: ClusterSettings) -> None:
    host, _, port = settings.worker.rpartition(":")
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        raise BadInput("worker_not_an_address", field=_WORKER) from None
    # It is told to others as the way here: "wherever I listen" leads nobody anywhere.
    if address.is_unspecified:
        raise BadInput("worker_not_an_address", field=_WORKER)
    if not (port.isascii() and port.isdigit()) or int(port) not in _PORTS:
        raise BadInput("bad_port", field=_WORKER)
    # What bots send crosses the network there, and who is answered must be one of us.
    if not address.is_loopback and not settings.has_tls:
        raise BadInput("worker_needs_tls", field=_WORKER)


def _path(given: Mapping[str, str], name: str) -> Path | None:
    text = given.get(name, "")
    return Path(text).expanduser().absolute() if text else None
