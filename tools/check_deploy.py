"""Look at deploy/ with the eyes of those who run it, without running any of it.

Run by `make lint-deploy`, which installs hadolint, Helm and the schemas of compose and Kubernetes
under .referees/deploy and puts that folder on the path. Prints a line for each, and ends with 1
where something was found. What is ours in these files is checked in tests/deploy as well.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7, Schema

from tools.deployments import CHART, COMPOSE, DEPLOY, ROOT, UNITS, read_manifests, wrong_with

LINTERS: Final = ROOT / ".referees/deploy"
EXAMPLE: Final = DEPLOY / "helm/example.yaml"

_COMPOSE: Final = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"
_KUBERNETES: Final = "kubernetes_validate/kubernetes-json-schema/v{}-local-strict"
_DEFINITIONS: Final = "https://kubernetes.io/api/_definitions.json"
# The oldest that the chart names, and the newest there is a schema of.
_VERSIONS: Final = ("1.29.0", "1.37.0")
# Kinds that no Kubernetes has by itself.
_FOREIGN: Final = frozenset({"PodMonitor"})
# A chart of a repository needs no picture.
_UNASKED: Final = "icon is recommended"
_PROGRAM: Final = "/opt/drawbridge/bin/drawbridge"


def main() -> int:
    """Run every check."""
    checks: Mapping[str, Callable[[], Iterator[str]]] = {
        "hadolint on the Dockerfile": find_in_dockerfile,
        "the compose specification on compose.yaml": find_in_compose,
        "systemd on the units": find_in_units,
        "Helm and the schemas of Kubernetes on the chart": find_in_chart,
    }
    faults = 0
    for name, check in checks.items():
        found = list(check())
        faults += len(found)
        print(f"{name}: {'nothing' if not found else len(found)} found")
        for line in found:
            print(f"  {line}")
    return min(faults, 1)


def find_in_dockerfile() -> Iterator[str]:
    """Ask hadolint."""
    program = LINTERS / "bin/hadolint"
    yield from _said([str(program), "--no-color", str(DEPLOY / "container/Dockerfile")])


def find_in_compose() -> Iterator[str]:
    """Hold the compose file against the specification's schema."""
    schema = json.loads((LINTERS / _COMPOSE).read_text("utf-8"))
    document = yaml.safe_load(COMPOSE.read_text("utf-8"))
    yield from _unfit(schema, document, "compose.yaml", Registry())


def find_in_units() -> Iterator[str]:
    """Ask systemd, where it is, about copies that start a program which is there."""
    if shutil.which("systemd-analyze") is None:
        yield "systemd-analyze is not here: apt-get install systemd"
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in UNITS.glob("drawbridge*.*"):
            name = path.name.replace("@.", "@1.")
            text = path.read_text("utf-8").replace(_PROGRAM, sys.executable)
            (Path(folder) / name).write_text(text, "utf-8")
        units = [
            str(it)
            for it in Path(folder).iterdir()
            if it.suffix in {".service", ".target", ".timer"}
        ]
        yield from _said(["systemd-analyze", "verify", "--man=no", *sorted(units)])


def find_in_chart() -> Iterator[str]:
    """Let Helm read and fill in the chart, and hold what comes out against Kubernetes."""
    helm = import_module("helm_python")
    values = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    for told in helm.lint(str(CHART), values=values)["messages"]:
        if _UNASKED not in told["error"]:
            yield f"{told['path']}: {told['error']}"
    with helm.Chart.load(str(CHART)) as chart:
        try:
            chart.render(values={}, name="bridge")
        except helm.HelmError:
            pass
        else:
            yield "values.yaml: a chart that was told nothing is filled in"
        texts = chart.render(values=values, name="bridge")
    manifests = [
        manifest
        for name, text in sorted(texts.items())
        if name.endswith(".yaml")
        for manifest in yaml.safe_load_all(text)
        if manifest
    ]
    for manifest in manifests:
        for version in _VERSIONS:
            yield from _unknown_to_kubernetes(manifest, version)
    for process in read_manifests(manifests):
        yield from (f"{process.origin}: {fault}" for fault in wrong_with(process))


def _unknown_to_kubernetes(manifest: Mapping[str, Any], version: str) -> Iterator[str]:
    kind, (group, _, number) = manifest["kind"], manifest["apiVersion"].rpartition("/")
    if kind in _FOREIGN:
        return
    folder = LINTERS / _KUBERNETES.format(version)
    name = "-".join(filter(None, (kind.lower(), group.partition(".")[0], number)))
    path = folder / f"{name}.json"
    if not path.is_file():
        yield f"{kind} {manifest['apiVersion']}: Kubernetes {version} has none"
        return

    where = f"{kind} {manifest['metadata']['name']} on {version}"
    schema = json.loads(path.read_text("utf-8"))
    yield from _unfit(schema, manifest, where, _definitions(folder))


def _definitions(folder: Path) -> "Registry[Schema]":
    contents = json.loads((folder / "_definitions.json").read_text("utf-8"))
    parts = Resource.from_contents(contents, default_specification=DRAFT7)
    known: Registry[Schema] = Registry().with_resource(_DEFINITIONS, parts)
    return known


def _unfit(
    schema: Schema, document: object, where: str, known: "Registry[Schema]"
) -> Iterator[str]:
    for error in Draft7Validator(schema, registry=known).iter_errors(document):
        place = "/".join(map(str, error.absolute_path))
        yield f"{where}: {place}: {error.message}"


def _said(command: list[str]) -> Iterator[str]:
    """Give what a program complains of; a good file gets no word."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    yield from (line for line in lines if line.strip())
    if done.returncode and not lines:
        yield f"{Path(command[0]).name} ended with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())
