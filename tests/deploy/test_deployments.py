"""Nothing in deploy/ names what is not there: settings, commands, files; and none runs as root.

What its own tools say of it (hadolint, Helm, systemd, schemas) is asked by `make lint-deploy`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jsonschema import Draft7Validator

from tests.kit.documents import wrong_with as wrong_with_command
from tools.deployments import (
    CHART,
    DEPLOY,
    ROOT,
    UNITS,
    Process,
    known_settings,
    names_in,
    read_compose,
    read_manifests,
    read_units,
    wrong_with,
)

_ARGUMENTS: Final = re.compile(r"^\s*args: \[([^\]]*)\]$", re.MULTILINE)
_VALUE: Final = re.compile(r"\.Values\.([a-zA-Z.]+)")
_INCLUDED: Final = re.compile(r'include "([^"]+)"')
_DEFINED: Final = re.compile(r'define "([^"]+)"')
_UV: Final = re.compile(r"^(?:ARG )?UV_VERSION ?:?= ?(\S+)$", re.MULTILINE)
_GOOD: Final = Process(
    origin="planted",
    command=("drawbridge", "serve", "worker"),
    environment={"DRAWBRIDGE_LOCAL_KEY": "/run/secrets/local-key"},
    files=frozenset({"/run/secrets/local-key"}),
    is_root=False,
    is_bounded=True,
    is_closed=True,
)


def _processes() -> list[Process]:
    return [*read_compose(), *read_units()]


def _templates() -> Iterator[tuple[str, str]]:
    for path in sorted((CHART / "templates").iterdir()):
        yield path.name, path.read_text("utf-8")


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        (replace(_GOOD, is_root=True), "runs as root"),
        (replace(_GOOD, is_bounded=False), "may take all memory there is"),
        (replace(_GOOD, is_closed=False), "may change the system that it runs on"),
        (replace(_GOOD, files=frozenset()), "/run/secrets/local-key is handed to nobody"),
        (replace(_GOOD, environment={"DRAWBRIDGE_DATABSE": "x"}), "there is no such setting"),
        (replace(_GOOD, environment={"DRAWBRIDGE_WORKER": "0.0.0.0:1"}), "worker_not_an_address"),
    ],
)
def test_what_is_wrong_with_a_process_is_found(planted: Process, found: str) -> None:
    assert list(wrong_with(_GOOD)) == []
    assert [it for it in wrong_with(planted) if found in it]


def test_a_container_of_root_that_writes_where_it_likes_is_found() -> None:
    container = {
        "name": "web",
        "image": "registry.example/drawbridge:1",
        "args": ["serve", "web"],
        "env": [{"name": "DRAWBRIDGE_TLS_KEY", "value": "/nowhere"}],
        "securityContext": {},
        "volumeMounts": [],
    }
    pod = {"securityContext": {}, "containers": [container], "volumes": []}
    manifest = {"metadata": {"name": "planted"}, "spec": {"template": {"spec": pod}}}
    [process] = read_manifests([manifest])
    assert len(list(wrong_with(process))) == 5


def test_every_setting_that_is_named_anywhere_is_one() -> None:
    named = names_in(DEPLOY)
    assert {name: named[name] for name in set(named) - known_settings()} == {}


def test_every_process_of_compose_and_systemd_could_start() -> None:
    processes = _processes()
    assert len(processes) >= 10
    assert {it.origin: faults for it in processes if (faults := list(wrong_with(it)))} == {}


def test_every_command_exists() -> None:
    of_chart = [
        ("drawbridge", *arguments.split(", "))
        for name, text in _templates()
        for arguments in _ARGUMENTS.findall(text)
        if name != "bots.yaml" or "serve" in arguments
    ]
    assert len(of_chart) >= 5
    commands = [*(it.command for it in _processes()), *of_chart]
    assert [wrong for it in commands if (wrong := wrong_with_command(it))] == []


def test_only_workers_and_backups_are_handed_the_vaults_key() -> None:
    holders = {it.command[1:3] for it in _processes() if "DRAWBRIDGE_VAULT_KEY" in it.environment}
    assert holders == {("serve", "worker"), ("backup", "make")}
    named = [name for name, text in _templates() if "vaultKey" in text]
    assert named == ["backup.yaml", "workers.yaml"]


def test_the_door_for_bots_is_handed_no_key_of_the_house() -> None:
    doors = [it for it in _processes() if it.command[1:] == ("serve", "gateway")]
    assert len(doors) == 2
    assert not [it for it in doors if "DRAWBRIDGE_LOCAL_KEY" in it.environment]


def test_a_chart_that_was_told_nothing_is_refused_and_the_example_is_not() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    Draft7Validator.check_schema(schema)
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    told = yaml.safe_load((DEPLOY / "helm/example.yaml").read_text("utf-8"))
    empty = {"/".join(map(str, it.path)) for it in Draft7Validator(schema).iter_errors(values)}
    assert empty >= {"database/url", "image/repository", "localKey/secret", "vaultKey/secret"}
    good = [it.message for it in Draft7Validator(schema).iter_errors(_over(values, told))]
    assert good == []


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay values over values, as Helm does."""
    merged = dict(below)
    for name, value in above.items():
        inner = merged.get(name)
        is_both = isinstance(inner, Mapping) and isinstance(value, Mapping)
        merged[name] = _over(inner or {}, value) if is_both else value
    return merged


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://drawbridge:word@database.example/drawbridge?sslmode=verify-full",
        "postgresql://drawbridge@database.example/drawbridge",
        "postgresql://drawbridge@database.example/drawbridge?sslmode=require",
    ],
)
def test_the_chart_takes_no_password_in_an_address_and_no_way_in_the_clear(url: str) -> None:
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    database = schema["properties"]["database"]["properties"]["url"]
    assert list(Draft7Validator(database).iter_errors(url))


def test_every_value_and_every_part_that_the_chart_takes_up_is_there() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    texts = dict(_templates())
    defined = {name for text in texts.values() for name in _DEFINED.findall(text)}
    for name, text in texts.items():
        assert set(_INCLUDED.findall(text)) <= defined, name
        for path in _VALUE.findall(text):
            found: Any = values
            for step in path.rstrip(".").split("."):
                assert step in found, f"{name}: .Values.{path}"
                found = found[step]


def test_a_worker_has_the_time_to_drain_and_then_some() -> None:
    unit = (UNITS / "drawbridge-worker@.service").read_text("utf-8")
    [seconds] = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    grace = {
        int(seconds),
        values["workers"]["drainSeconds"],
        int(compose["services"]["worker-1"]["stop_grace_period"].rstrip("s")),
    }
    assert grace == {45}


def test_only_what_has_to_reach_out_has_a_way_out_in_compose() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    services, networks = compose["services"], compose["networks"]
    reaching = {name for name, it in services.items() if "outgoing" in it.get("networks", ())}
    assert reaching == {"outside", "telegram"}
    assert networks["inside"]["internal"] is True
    options = networks["front"]["driver_opts"]
    assert options == {"com.docker.network.bridge.enable_ip_masquerade": "false"}
    assert services["database"]["network_mode"] == "none"


def test_every_secret_of_compose_is_declared_and_lies_where_git_does_not_look() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    files = [it["file"] for it in compose["secrets"].values()]
    assert all(it.startswith("./secrets/") for it in files)
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text("utf-8").split()
    used = {name for it in compose["services"].values() for name in it.get("secrets", ())}
    assert used == set(compose["secrets"])


def test_the_image_is_built_by_the_uv_of_the_makefile_and_ends_as_nobody_special() -> None:
    dockerfile = (DEPLOY / "container/Dockerfile").read_text("utf-8")
    [ours] = _UV.findall((ROOT / "Makefile").read_text("utf-8"))
    assert _UV.findall(dockerfile) == [ours]
    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["10001:10001"]


def test_all_that_the_image_is_built_from_gets_past_the_list_of_what_does() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in lines
    let_in = {line[1:].rstrip("/") for line in lines if line.startswith("!")}
    dockerfile = (DEPLOY / "container/Dockerfile").read_text("utf-8")
    copied = {
        word
        for line in re.findall(r"^COPY (?!--)(.+)$", dockerfile, re.MULTILINE)
        for word in line.split()[:-1]
    }
    assert copied == let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_every_file_that_a_unit_reads_its_settings_from_has_an_example_or_may_be_missing(
    tmp_path: Path,
) -> None:
    for path in UNITS.glob("*.service"):
        for file in re.findall(r"^EnvironmentFile=(.+)$", path.read_text("utf-8"), re.MULTILINE):
            name = Path(file.removeprefix("-")).name.replace("%i", "1")
            assert file.startswith("-") or (UNITS / f"{name}.example").is_file(), path.name
    assert read_units(tmp_path) == []
