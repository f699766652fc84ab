"""Write the typed client `drawbridge.client` out of the API's own schema.

Used by tools/make_reference, so that the client cannot drift from the operations. One module for
each group of operations, with the values that they take and give; what several groups share
stands in `shapes.py`. How requests are sent is written by hand, in `calling.py`.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from drawbridge.entrypoints.api.app import build_operations, schema_of

FOLDER: Final = Path(__file__).resolve().parents[1] / "src/drawbridge/client"
_MODELS: Final = "#/components/schemas/"
_PAGE: Final = "Page_"
_GOOD: Final = ("200", "201", "202", "204")
_PLAIN: Final = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}
# A value of any kind, and errors, which are raised.
_UNNAMED: Final = frozenset({"JsonValue", "Problem", "FieldProblem"})


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one tag: paths, methods and what the schema says of each."""

    tag: str
    operations: tuple[tuple[str, str, Mapping[str, Any]], ...]

    @property
    def module(self) -> str:
        """Give the name of its module, which is also that of the client's attribute."""
        return self.tag.replace(" ", "_")

    @property
    def title(self) -> str:
        """Give the name of its class."""
        return "".join(word.capitalize() for word in self.tag.split()) + "Operations"


class Writer:
    """Writes the modules of one schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Read who uses which models."""
        self._models: Mapping[str, Any] = schema["components"]["schemas"]
        self.groups = tuple(_groups(schema))
        users = Counter(
            name for group in self.groups for name in frozenset(self._used_by(group.operations))
        )
        self._shared = frozenset(name for name, count in users.items() if count > 1)

    def shapes(self) -> str:
        """Write the module of what several groups share."""
        head = '"""What several groups of operations take and give."""\n'
        return _tidy(head + self._imports(self._shared) + self._shapes(self._shared))

    def group(self, group: Group) -> str:
        """Write the module of a group."""
        used = frozenset(self._used_by(group.operations))
        head = f'"""The operations of the group “{group.tag}”."""\n{self._imports(used)}\n'
        shared = sorted(used & self._shared)
        if shared:
            head += f"from drawbridge.client.shapes import {', '.join(shared)}\n"
        return _tidy(head + self._shapes(used - self._shared) + self._class(group))

    def client(self) -> str:
        """Write the module that joins all groups."""
        lines = ['"""All operations of the API behind one value."""', ""]
        lines += ["from drawbridge.client.calling import Calling"]
        lines += [f"from drawbridge.client.{it.module} import {it.title}" for it in self.groups]
        lines += ["", "", "class Client:", '    """The API at one address, with one token."""', ""]
        lines += ["    def __init__(self, calling: Calling) -> None:"]
        lines += ['        """Call by this."""']
        lines += [f"        self.{it.module} = {it.title}(calling)" for it in self.groups]
        return _tidy("\n".join(lines) + "\n")

    def _imports(self, used: frozenset[str]) -> str:
        names = ["Any", "Final", "Generic", "Literal", "NotRequired", "TypedDict", "TypeVar"]
        del used
        return (
            "\nfrom collections.abc import Mapping\n"
            f"from typing import {', '.join(names)}\n\n"
            "from drawbridge.client.calling import Calling, Page\n"
        )

    def _shapes(self, names: frozenset[str]) -> str:
        known = [name for name in self._models if name in names]
        enums = [name for name in known if "enum" in self._models[name]]
        others = self._in_order(name for name in known if name not in enums)
        return "\n\n" + "".join(map(self._enum, enums)) + "".join(map(self._shape, others))

    def _in_order(self, names: Iterable[str]) -> list[str]:
        """Give models so that each stands behind those that it refers to."""
        left, placed = list(names), list[str]()
        while left:
            here = [it for it in left if not self._refers(it) & frozenset(left) - {it}]
            placed += here
            left = [it for it in left if it not in here]
        return placed

    def _refers(self, name: str) -> frozenset[str]:
        return frozenset(self._used_by(self._models[name]))

    def _enum(self, name: str) -> str:
        values = ", ".join(f'"{value}"' for value in self._models[name]["enum"])
        return f"{name} = Literal[{values}]\n"

    def _shape(self, name: str) -> str:
        model = self._models[name]
        lines = [f"\n\nclass {name}(TypedDict):", f'    """{_words(model["description"])}"""', ""]
        required = model.get("required", ())
        for field, described in model["properties"].items():
            kind = self._type(described)
            lines.append(f"    {field}: {kind if field in required else f'NotRequired[{kind}]'}")
        return "\n".join(lines) + "\n"

    def _class(self, group: Group) -> str:
        head = (
            f"\n\nclass {group.title}:\n"
            f'    """The operations of the group “{group.tag}”."""\n\n'
            "    def __init__(self, calling: Calling) -> None:\n"
            '        """Call by this."""\n'
            "        self._calling = calling\n"
        )
        return head + "".join(self._method(*it) for it in group.operations)

    def _method(self, path: str, method: str, described: Mapping[str, Any]) -> str:
        parameters = described.get("parameters", ())
        places = [it["name"] for it in parameters if it["in"] == "path"]
        asked = [it for it in parameters if it["in"] == "query"]
        first = ["self", *(f"{name}: str" for name in places)]
        body = described.get("requestBody")
        if body:
            kind = self._type(body["content"]["application/json"]["schema"])
            first.append(f"wish: {kind}" if body.get("required") else f"wish: {kind} = None")
        named = [f"{it['name']}: {self._type(it['schema'])} | None = None" for it in asked]
        if method == "POST":
            named.append('idempotency_key: str = ""')
        given = ", ".join([*first, *(["*", *named] if named else [])])
        [status] = [it for it in described["responses"] if it in _GOOD]
        content = described["responses"][status].get("content")
        told = self._type(content["application/json"]["schema"]) if content else "None"
        call = [f'"{method}"', f'"{path}"', f"{{{', '.join(f'{it!r}: {it}' for it in places)}}}"]
        if asked:
            pairs = ", ".join(f"{it['name']!r}: {it['name']}" for it in asked)
            call.append(f"query={{{pairs}}}")
        if body:
            call.append("wish=wish")
        if method == "POST":
            call.append("idempotency_key=idempotency_key")
        asking = f"self._calling.ask({', '.join(call)})"
        name, words = described["operationId"], _words(described["description"])
        lines = [f"\n    def {name}({given}) -> {told}:", f'        """{words}"""']
        if told == "None":
            lines.append(f"        {asking}")
        else:
            lines += [f"        told: {told} = {asking}", "        return told"]
        return "\n".join(lines) + "\n"

    def _type(self, described: Mapping[str, Any]) -> str:
        if "$ref" in described:
            return self._named(described["$ref"].removeprefix(_MODELS))
        if "anyOf" in described:
            return " | ".join(dict.fromkeys(map(self._type, described["anyOf"])))
        if described.get("type") == "array":
            return f"list[{self._type(described['items'])}]"
        inner = described.get("additionalProperties")
        if isinstance(inner, Mapping):
            return f"Mapping[str, {self._type(inner)}]"
        return _PLAIN.get(str(described.get("type")), "Any")

    def _named(self, name: str) -> str:
        if name.startswith(_PAGE):
            return f"Page[{self._named(name.removeprefix(_PAGE).removesuffix('_'))}]"
        return "Any" if name == "JsonValue" else name

    def _used_by(self, described: object) -> Iterator[str]:
        """Give the models that a part of the schema refers to, and those that these refer to."""
        waiting, seen = [*_references(described)], set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen | _UNNAMED:
                continue
            seen.add(name)
            waiting += _references(self._models[name])
            if not name.startswith(_PAGE):
                yield name


def documents() -> dict[Path, Callable[[], str]]:
    """Give every module of the client that is written, with what writes it."""
    writer = Writer(schema_of(build_operations()))
    made: dict[Path, Callable[[], str]] = {
        FOLDER / "shapes.py": writer.shapes,
        FOLDER / "client.py": writer.client,
    }
    for group in writer.groups:
        made[FOLDER / f"{group.module}.py"] = partial(writer.group, group)
    return made


def _groups(schema: Mapping[str, Any]) -> Iterator[Group]:
    found: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {}
    for path, operations in schema["paths"].items():
        for method, described in operations.items():
            found.setdefault(described["tags"][0], []).append((path, method.upper(), described))
    return (Group(tag, tuple(operations)) for tag, operations in found.items())


def _references(part: object) -> Iterator[str]:
    """Give the models that a part of the schema names itself."""
    if isinstance(part, Mapping):
        if "$ref" in part:
            yield str(part["$ref"]).removeprefix(_MODELS)
        part = list(part.values())
    if isinstance(part, list | tuple):
        for inner in part:
            yield from _references(inner)


def _words(text: str) -> str:
    """Give the first sentence of a description on one line, as a docstring begins."""
    first = " ".join(text.split()).partition(". ")[0].rstrip(".")
    return f"{first}."


def _tidy(text: str) -> str:
    """Let ruff take out what is not used, sort and format."""
    ruff = [str(Path(sys.executable).parent / "ruff")]
    named = ["--stdin-filename", str(FOLDER / "written.py"), "-"]
    for arguments in (["check", "--fix-only", "--quiet"], ["format", "--quiet"]):
        done = subprocess.run(
            [*ruff, *arguments, *named], input=text, capture_output=True, text=True, check=True
        )
        text = done.stdout
    return text
