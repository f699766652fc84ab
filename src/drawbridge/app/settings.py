"""What can be set, read once from environment and file, checked, and handed on as a value.

What stands in the environment goes before the file that `DRAWBRIDGE_CONFIG` names. Secrets are not
among the settings: the vault's passphrase is asked for or read from a pipe, others have files.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from drawbridge.app.cluster_settings import ClusterSettings, read_cluster_settings
from drawbridge.app.keeper_settings import KeeperSettings, read_keeper_settings
from drawbridge.app.licence_settings import operator_environment, read_operator
from drawbridge.app.notice_settings import NoticeSettings, read_notice_settings
from drawbridge.app.observing.settings import ObservingSettings, read_observing_settings
from drawbridge.app.settings_file import CONFIG, find_file, settings_in
from drawbridge.app.store_settings import StoreSettings, read_store_settings
from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.licences.model import Operator
from drawbridge.storage.place import Place, PostgresPlace
from drawbridge.wording.language import ENGLISH, Language, find_language, speak, unknown_language

_PORTS = range(1, 65_536)
_NOT_LOCAL = {"DRAWBRIDGE_PAPER": "paper_not_local", "DRAWBRIDGE_PROXY": "proxy_not_local"}
# Ours first, then in the order in which systems look.
_LANGUAGE_NAMES = ("DRAWBRIDGE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and where the processes listen.

    `language` is the tag of the language to speak where nobody has chosen one.
    `paper` is the address of the paper exchange to which keys of the venue `paper` belong,
    as `host:port`; it must be on this machine. `proxy` is where bots with virtual keys reach the
    gateway, on this machine too. `egress_addresses` are the addresses from which
    our requests reach the exchanges, shown to people for their keys' IP lists. `names` are the
    host names under which people open the pages, besides this machine's own. `operator` is whose
    licences are asked for, None where nobody needs one. `store` tells where the rows are, `cluster`
    what processes on several machines are told of each other, `config` which file was read,
    `observing` how operators see the processes.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8420
    paper: str = "127.0.0.1:8520"
    proxy: str = "127.0.0.1:8620"
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    trusted_proxy: str = ""
    egress_addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    keepers: KeeperSettings = field(default_factory=KeeperSettings)
    language: str = ENGLISH.tag
    operator: Operator | None = None
    store: StoreSettings = field(default_factory=StoreSettings)
    cluster: ClusterSettings = field(default_factory=ClusterSettings)
    config: Path | None = None
    observing: ObservingSettings = field(default_factory=ObservingSettings)

    @property
    def database(self) -> Place:
        """Give where the app's rows are."""
        return self.store.place(self.data)

    @property
    def is_cluster(self) -> bool:
        """Tell whether several workers may share the rows; with a file, one has everything."""
        return isinstance(self.database, PostgresPlace)

    @property
    def local_key(self) -> Path:
        """Give the path of the key for authenticators and the like, which all processes share."""
        return self.cluster.local_key or self.data / "local.key"

    @property
    def vault_key(self) -> Path:
        """Give the path of the vault's wrapped private key; only the gateway reads it."""
        return self.cluster.vault_key or self.data / "vault.key"

    @property
    def gateway_lock(self) -> Path:
        """Give the path of the file that a running gateway holds locked."""
        return self.data / "gateway.lock"

    @property
    def candles(self) -> Path:
        """Give the folder in which candles are stored."""
        return self.data / "candles"

    def paper_url(self, exchange_id: str = "") -> str:
        """Give the address of the paper exchange's site, or of one exchange there."""
        return f"http://{self.paper}/{exchange_id}".rstrip("/")

    def proxy_url(self, exchange_id: str, venue: str = "live") -> str:
        """Give the address at which a bot with a virtual key of a venue finds an exchange."""
        place = f"{venue}/" if venue != "live" else ""
        return f"http://{self.proxy}/{place}{exchange_id}"

    @property
    def web_address(self) -> str:
        """Give the address of the first page."""
        scheme = "https" if self.tls_certificate else "http"
        return f"{scheme}://{self.host}:{self.port}"

    @property
    def public_address(self) -> str:
        """Give the address under which others reach the pages, as far as it is known."""
        if not self.names:
            return self.web_address
        # Whoever gave the site a name beyond this machine had to have TLS before it.
        port = f":{self.port}" if self.tls_certificate else ""
        return f"https://{self.names[0]}{port}"

    @property
    def has_tls(self) -> bool:
        """Tell whether browsers speak TLS, with us or with the proxy before us."""
        return bool(self.tls_certificate or self.trusted_proxy)

    def environment(self) -> dict[str, str]:
        """Write the settings as the environment of a child process."""
        return {
            "DRAWBRIDGE_DATA": str(self.data),
            "DRAWBRIDGE_HOST": self.host,
            "DRAWBRIDGE_PORT": str(self.port),
            "DRAWBRIDGE_PAPER": self.paper,
            "DRAWBRIDGE_PROXY": self.proxy,
            "DRAWBRIDGE_TLS_CERTIFICATE": str(self.tls_certificate or ""),
            "DRAWBRIDGE_TLS_KEY": str(self.tls_key or ""),
            "DRAWBRIDGE_TRUSTED_PROXY": self.trusted_proxy,
            "DRAWBRIDGE_EGRESS_ADDRESSES": ",".join(self.egress_addresses),
            "DRAWBRIDGE_NAMES": ",".join(self.names),
            "DRAWBRIDGE_LANGUAGE": self.language,
            **self.notices.environment(),
            **self.keepers.environment(),
            **operator_environment(self.operator),
            **self.store.environment(),
            **self.cluster.environment(),
            **self.observing.environment(),
            CONFIG: str(self.config or ""),
        }


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment (by default, this process's) and the file it names.

    Raises: `BadInput` naming the variable; as `settings_in` and `read_store_settings`.
    """
    config = find_file(os.environ if environment is None else environment)
    given = given_to(environment)
    certificate, key = given.get("DRAWBRIDGE_TLS_CERTIFICATE"), given.get("DRAWBRIDGE_TLS_KEY")
    settings = Settings(
        data=_folder(given.get("DRAWBRIDGE_DATA", ""), given),
        host=given.get("DRAWBRIDGE_HOST") or "127.0.0.1",
        port=_port(given.get("DRAWBRIDGE_PORT") or "8420", "DRAWBRIDGE_PORT"),
        paper=_local_address(given.get("DRAWBRIDGE_PAPER") or "127.0.0.1:8520", "DRAWBRIDGE_PAPER"),
        proxy=_local_address(given.get("DRAWBRIDGE_PROXY") or "127.0.0.1:8620", "DRAWBRIDGE_PROXY"),
        tls_certificate=Path(certificate) if certificate else None,
        tls_key=Path(key) if key else None,
        trusted_proxy=given.get("DRAWBRIDGE_TRUSTED_PROXY", ""),
        egress_addresses=_addresses(given.get("DRAWBRIDGE_EGRESS_ADDRESSES", "")),
        names=_pieces(given.get("DRAWBRIDGE_NAMES", "")),
        notices=read_notice_settings(given),
        keepers=read_keeper_settings(given),
        language=_language(given),
        operator=read_operator(given),
        store=read_store_settings(given),
        cluster=read_cluster_settings(given),
        observing=read_observing_settings(given),
        config=config,
    )
    _refuse_open_listening(settings)
    return settings


def given_to(environment: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Give all that was set: in the environment, and below it in the file of settings.

    Empty in the environment is not set there. Raises: as `settings_in`.
    """
    given = os.environ if environment is None else environment
    config = find_file(given)
    if config is None:
        return given
    known = Settings(Path()).environment().keys() - {CONFIG}
    return settings_in(config, known) | {name: value for name, value in given.items() if value}


def surroundings() -> Mapping[str, str]:
    """Give this process's environment, for who tells where a setting came from."""
    return os.environ


def port_in(address: str) -> int:
    """Give the port in `paper` or `proxy`."""
    return int(address.rpartition(":")[2])


def speak_as_asked() -> None:
    """Let this process speak the language that its environment asks for.

    What cannot be read asks for English here: `read_settings` refuses it, in words.
    """
    try:
        given = given_to()
    except DrawbridgeError:
        given = os.environ
    speak(_language_of(given).tag)


def _language(given: Mapping[str, str]) -> str:
    chosen = given.get(_LANGUAGE_NAMES[0], "")
    if chosen and find_language(chosen) is None:
        raise unknown_language(_LANGUAGE_NAMES[0], chosen)
    return _language_of(given).tag


def _language_of(environment: Mapping[str, str]) -> Language:
    for name in _LANGUAGE_NAMES:
        if environment.get(name):
            return find_language(environment[name]) or ENGLISH
    return ENGLISH


def _refuse_open_listening(settings: Settings) -> None:
    try:
        address = ip_address(settings.host)
    except ValueError:
        raise BadInput("not_an_address", field="DRAWBRIDGE_HOST") from None
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise BadInput("tls_needs_both", field="DRAWBRIDGE_TLS_KEY")
    # Passwords and exchange secrets would cross the network in the clear: refuse, never warn.
    if not address.is_loopback and settings.tls_certificate is None and not settings.trusted_proxy:
        raise BadInput("tls_needed", field="DRAWBRIDGE_HOST", host=settings.host)


def _folder(text: str, given: Mapping[str, str]) -> Path:
    if text:
        return Path(text).expanduser().absolute()
    base = given.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "drawbridge"


def _port(text: str, field: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) not in _PORTS:
        raise BadInput("bad_port", field=field)
    return int(text)


def _local_address(text: str, field: str) -> str:
    host, _, port = text.rpartition(":")
    try:
        local = ip_address(host.strip("[]")).is_loopback
    except ValueError:
        local = False
    if not local:
        # Keys are sent there unencrypted, so it may not lie beyond this machine.
        raise BadInput(_NOT_LOCAL[field], field=field)
    _port(port, field)
    return text


def _addresses(text: str) -> tuple[str, ...]:
    found = _pieces(text)
    for piece in found:
        try:
            ip_address(piece)
        except ValueError:
            raise BadInput("not_an_address", field="DRAWBRIDGE_EGRESS_ADDRESSES") from None
    return found


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(piece.strip() for piece in text.split(",") if piece.strip())
