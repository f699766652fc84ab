"""Where the rows are: a file in the data folder, or a PostgreSQL server that many processes share.

The password of a server stands in a file of its own and never in the URL, so that neither an
environment nor a list of processes shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from drawbridge.app.notice_settings import is_here
from drawbridge.core.errors import BadInput
from drawbridge.core.secret import Secret
from drawbridge.sealing.private_files import read_private
from drawbridge.storage.place import Place, PostgresPlace

DATABASE_FILE: Final = "drawbridge.db"

_URL: Final = "DRAWBRIDGE_DATABASE"
_PASSWORD_FILE: Final = "DRAWBRIDGE_DATABASE_PASSWORD_FILE"  # noqa: S105  the name of a variable
_SCHEMES: Final = frozenset({"postgresql", "postgres"})
# What may stand behind the question mark. A word that nobody here knows could lead elsewhere, or
# bring a password along.
_WORDS: Final = (
    "host",
    "port",
    "sslcert",
    "sslcrl",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
)
_PROVEN: Final = "verify-full"
_HELD_AGAINST: Final = frozenset({"verify-ca", _PROVEN})


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """The URL of a PostgreSQL database without a password, and the password; empty is a file."""

    url: str = ""
    password_file: Path | None = None
    password: Secret | None = None

    def place(self, data: Path) -> Place:
        """Give where the rows are, for an installation with this data folder."""
        return PostgresPlace(self.url, self.password) if self.url else data / DATABASE_FILE

    def environment(self) -> dict[str, str]:
        """Write the settings as the environment of a child process."""
        return {_URL: self.url, _PASSWORD_FILE: str(self.password_file or "")}


def read_store_settings(given: Mapping[str, str]) -> StoreSettings:
    """Read the settings, and the password from its file.

    Raises: `BadInput` naming the variable; `NotFound("key_file_missing")`,
    `Forbidden("key_file_exposed")` where others of this machine may read the password.
    """
    url = given.get(_URL, "").strip()
    if not url:
        return StoreSettings()
    _check(url)
    text = given.get(_PASSWORD_FILE, "")
    path = Path(text).expanduser().absolute() if text else None
    return StoreSettings(url, path, None if path is None else _password_in(path))


def _password_in(path: Path) -> Secret:
    try:
        password = read_private(path).decode().strip()
    except UnicodeDecodeError:
        password = ""
    if not password:
        raise BadInput("database_password_unreadable", field=_PASSWORD_FILE, path=str(path))
    return Secret(password)


def _check(url: str) -> None:
    """Refuse what is no complete address, brings a password, or would travel in the clear.

    Nothing of the URL is told: what is refused for its password holds one.
    """
    parts = _parts_of(url)
    words = dict(parse_qsl(parts.query, keep_blank_values=True))
    user, _, places = parts.netloc.rpartition("@")
    if ":" in user or "password" in words:
        raise BadInput("database_password_in_url", field=_URL)
    unknown = words.keys() - set(_WORDS)
    if unknown:
        raise BadInput("database_url_word", field=_URL, known=_WORDS)
    if words.get("host") and places:
        # Of two places each of our drivers takes another; what was looked at must be where we go.
        raise BadInput("database_bad_url", field=_URL)
    hosts = _hosts_in(words.get("host") or places)
    if not all(hosts) or not parts.path.strip("/"):
        raise BadInput("database_bad_url", field=_URL)
    # The password, and everything that people own, would cross the network to whoever answers.
    is_far = any(not (host.startswith("/") or is_here(host)) for host in hosts)
    if is_far and words.get("sslmode") != _PROVEN:
        raise BadInput("database_needs_tls", field=_URL)
    if words.get("sslmode") in _HELD_AGAINST and not _is_file(words.get("sslrootcert", "")):
        # Neither driver asks the system's authorities by itself.
        raise BadInput("database_needs_authority", field=_URL)


def _is_file(path: str) -> bool:
    try:
        return bool(path) and Path(path).read_bytes() != b""
    except OSError:
        return False


def _parts_of(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BadInput("database_bad_url", field=_URL) from None
    if parts.scheme not in _SCHEMES or parts.fragment or not url.isprintable() or " " in url:
        raise BadInput("database_bad_url", field=_URL)
    return parts


def _hosts_in(places: str) -> list[str]:
    """Give the hosts of `host:port,host:port`; a database may have several for a failover."""
    return [_host_of(unquote(place)) for place in places.split(",")]


def _host_of(place: str) -> str:
    if place.startswith("["):
        return place[1:].partition("]")[0]
    return place.partition(":")[0]
