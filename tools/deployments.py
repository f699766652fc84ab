"""What stands in deploy/, as processes: their commands, settings, files and bounds.

Read from the compose file, the systemd units and rendered Kubernetes manifests alike, so that one
list of checks holds for all. Whether the files are good compose, systemd or Kubernetes is asked by
their own tools (`check_deploy.py`).
"""

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml

from drawbridge.app.settings import Settings, read_settings
from drawbridge.core.errors import DrawbridgeError

ROOT: Final = Path(__file__).parent.parent
DEPLOY: Final = ROOT / "deploy"
COMPOSE: Final = DEPLOY / "compose.yaml"
UNITS: Final = DEPLOY / "systemd"
CHART: Final = DEPLOY / "helm/drawbridge"

_NAMED: Final = re.compile(r"\bDRAWBRIDGE_[A-Z_]+[A-Z]\b")
# ${NAME}, ${NAME:-default} and ${NAME:?why}, as compose reads them.
_FILLED_IN: Final = re.compile(r"\$\{(\w+)(?::(-|\?)([^}]*))?\}")
_FILLING: Final = {"DRAWBRIDGE_NAMES": "bridge.example", "POD_IP": "10.1.2.3"}
_POD: Final = "$(POD_IP)"
# Settings that are the path of a file which has to be handed to the process.
_FILES: Final = ("_FILE", "_KEY", "_CERTIFICATE", "_CA")
_NO_FILES: Final = frozenset(
    {"DRAWBRIDGE_LICENCE_KEY", "DRAWBRIDGE_KMS_KEY", "DRAWBRIDGE_TRANSIT_KEY"}
)
# Read by the command line alone.
_OF_COMMANDS: Final = frozenset({"DRAWBRIDGE_AT", "DRAWBRIDGE_TOKEN_FILE"})
_PASSWORD: Final = "DRAWBRIDGE_DATABASE_PASSWORD_FILE"  # noqa: S105  the name of a setting
_PROGRAM: Final = "drawbridge"
_ROOT_USERS: Final = frozenset({"", "0", "root"})


@dataclass(frozen=True, slots=True)
class Process:
    """One process of ours as it would be started; `files` are the paths that it is handed."""

    origin: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    files: frozenset[str]
    is_root: bool
    is_bounded: bool
    is_closed: bool


def known_settings() -> frozenset[str]:
    """Give the names that settings have."""
    return frozenset(Settings(Path()).environment()) | _OF_COMMANDS


def names_in(folder: Path) -> dict[str, set[str]]:
    """Find every name of a setting in any file, and where it stands."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "secrets" not in path.parts:
            for name in _NAMED.findall(path.read_text("utf-8")):
                found.setdefault(name, set()).add(path.relative_to(folder).as_posix())
    return found


def wrong_with(process: Process) -> Iterator[str]:
    """Say what is wrong with how a process would be started."""
    if process.is_root:
        yield "runs as root"
    if not process.is_bounded:
        yield "may take all memory there is"
    if not process.is_closed:
        yield "may change the system that it runs on"
    for name in sorted(set(process.environment) - known_settings()):
        yield f"{name}: there is no such setting"
    for name, value in process.environment.items():
        is_file = name.endswith(_FILES) and name not in _NO_FILES
        if is_file and value and value not in process.files:
            yield f"{name}: {value} is handed to nobody"
    yield from _refused(process.environment)


def read_compose(path: Path = COMPOSE) -> list[Process]:
    """Read the services that run our image."""
    services = yaml.safe_load(path.read_text("utf-8"))["services"]
    return [
        Process(
            origin=f"compose: {name}",
            command=(_PROGRAM, *service["command"]),
            environment={
                key: _filled_in(str(value)) for key, value in service.get("environment", {}).items()
            },
            files=frozenset(map(_secret_path, service.get("secrets", ()))),
            is_root=str(service.get("user", "")).partition(":")[0] in _ROOT_USERS,
            is_bounded="mem_limit" in service and "pids_limit" in service,
            is_closed=service.get("read_only") is True and service.get("cap_drop") == ["ALL"],
        )
        for name, service in services.items()
        if service["image"].startswith(_PROGRAM) and "command" in service
    ]


def read_units(folder: Path = UNITS) -> list[Process]:
    """Read the services of systemd, each with the files of settings that stand beside it."""
    return [_read_unit(path) for path in sorted(folder.glob("*.service"))]


def read_manifests(manifests: Iterable[Mapping[str, Any]]) -> list[Process]:
    """Read what Kubernetes is told, as far as it runs our image."""
    return [
        _read_container(manifest["metadata"]["name"], pod, container)
        for manifest in manifests
        if (pod := _pod_in(manifest["spec"]))
        for container in (*pod.get("initContainers", ()), *pod["containers"])
        if _PROGRAM in container["image"]
    ]


def _pod_in(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a pod is made of, empty where there is none; a timer's job is one step deeper."""
    inner = spec.get("jobTemplate", {}).get("spec", spec)
    pod: dict[str, Any] = inner.get("template", {}).get("spec", {})
    return pod


def _refused(environment: Mapping[str, str]) -> Iterator[str]:
    """Say what the settings themselves would not take."""
    with tempfile.NamedTemporaryFile(prefix="drawbridge-") as password:
        password.write(b"a password of nobody")
        password.flush()
        given = dict(environment)
        if _PASSWORD in given:
            given[_PASSWORD] = password.name
        try:
            read_settings(given)
        except DrawbridgeError as error:
            yield f"{error.facts.get('field', '')}: {error.code}"


def _read_container(name: str, pod: Mapping[str, Any], container: Mapping[str, Any]) -> Process:
    own = container["securityContext"]
    paths = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    files = {
        f"{paths[volume['name']]}/{item['path']}"
        for volume in pod["volumes"]
        if volume["name"] in paths
        for item in _items(volume)
    }
    environment = {
        it["name"]: str(it["value"]).replace(_POD, _FILLING["POD_IP"])
        for it in container["env"]
        if "value" in it
    }
    return Process(
        origin=f"kubernetes: {name}/{container['name']}",
        command=(_PROGRAM, *container["args"]),
        environment=environment,
        files=frozenset(files) | _whole_secrets(pod, paths, environment),
        is_root=not pod["securityContext"].get("runAsNonRoot"),
        is_bounded="memory" in container.get("resources", {}).get("limits", {}),
        is_closed=own.get("readOnlyRootFilesystem") is True
        and own.get("capabilities", {}).get("drop") == ["ALL"],
    )


def _items(volume: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    items: Sequence[Mapping[str, str]] = volume.get("secret", {}).get("items", ())
    return items


def _whole_secrets(
    pod: Mapping[str, Any], paths: Mapping[str, str], environment: Mapping[str, str]
) -> frozenset[str]:
    """Give the files that lie in secrets which are mounted whole: what is in them, nobody says."""
    whole = {
        paths[volume["name"]]
        for volume in pod["volumes"]
        if "secret" in volume and not _items(volume) and volume["name"] in paths
    }
    return frozenset(it for it in environment.values() if str(PurePosixPath(it).parent) in whole)


def _read_unit(path: Path) -> Process:
    lines = _lines_of(path)
    credentials = {it.partition(":")[::2] for it in lines.get("LoadCredential", ())}
    environment = {}
    for file in lines.get("EnvironmentFile", ()):
        name = PurePosixPath(file.removeprefix("-")).name.replace("%i", "1")
        beside = path.with_name(f"{name}.example")
        if beside.is_file():
            environment.update(_assigned(beside.read_text("utf-8").splitlines()))
    environment.update(_assigned(lines.get("Environment", ())))
    [started] = lines["ExecStart"]
    return Process(
        origin=f"systemd: {path.name}",
        command=(_PROGRAM, *started.split()[1:]),
        environment=environment,
        files=frozenset(_credential_paths(credentials, environment)),
        is_root=lines.get("User", [""])[0] in _ROOT_USERS,
        is_bounded="MemoryMax" in lines and "TasksMax" in lines,
        is_closed=lines.get("ProtectSystem") == ["strict"]
        and lines.get("NoNewPrivileges") == ["yes"],
    )


def _credential_paths(
    credentials: Iterable[tuple[str, str]], environment: Mapping[str, str]
) -> Iterator[str]:
    for name, source in credentials:
        if not source.endswith("/"):
            yield f"%d/{name}"
            continue
        # A folder: each file in it, under both names.
        yield from (it for it in environment.values() if it.startswith(f"%d/{name}_"))


def _lines_of(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        name, separator, value = line.partition("=")
        if separator and not line.startswith(("#", ";")):
            found.setdefault(name, []).append(value)
    return found


def _assigned(lines: Iterable[str]) -> dict[str, str]:
    told = (line.partition("=") for line in lines if not line.startswith("#"))
    return {name: value for name, separator, value in told if separator}


def _secret_path(secret: str | Mapping[str, str]) -> str:
    return f"/run/secrets/{secret}" if isinstance(secret, str) else secret["target"]


def _filled_in(text: str) -> str:
    def filled(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        return _FILLING.get(name) or (rest if kind == "-" else "")

    return _FILLED_IN.sub(filled, text)
