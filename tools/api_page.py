"""Write the reference of the REST API as a page, out of the schema that the API itself gives.

Used by tools/make_reference; what stands in the schema's descriptions is said here and not again.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from drawbridge.entrypoints.api.app import BASE, build_operations, schema_of

_HEAD: Final = f"""\
# REST API

Everything under `{BASE}` of the address of the pages. The same as a schema for programs, OpenAPI
3.1: `{BASE}/openapi.json`. How to begin: [use the API](../howto/use-the-api.md).

- **Tokens**: `Authorization: Bearer dbr_…`. Each operation names the right that its token needs;
  `read` is in every token.
- **Codes**: where `code` stands in a body, the right alone is not enough: the page asks for the
  authenticator's code there, and so does the API. A code counts once.
- **Amounts** are texts, because they are exact; moments are milliseconds since 1970, UTC.
- **Lists** come a page at a time: `?limit=` (50, at most 200) and `?cursor=`, answered as
  `{{"items": […], "next": "…"}}`. `next` is the cursor of the next page, null at the end.
- **Errors** are `application/problem+json` (RFC 9457): `code` is stable
  ([all codes](errors.md)), `title` is the sentence in the language of `Accept-Language` or your
  own, `field` names what is to be mended. 401 wants another token, 403 another right or a code,
  409 a look at how things stand, 422 another field, 429 and 503 a wait of `Retry-After` seconds,
  504 a look at what became of it.
- **Once**: with `Idempotency-Key: <anything random>` on a POST, the same request sent again within
  a day gets the first answer and is not done twice. Only what succeeded is kept.
- 600 requests a minute for each token.
- What is shown only once (tokens, recovery codes, the secrets of hooks and of webhooks) is made on
  the pages or by the command line, and comes out of no operation here.

This page is written by `python -m tools.make_reference`.
"""
_MODELS: Final = "#/components/schemas/"
_OF_PAGES: Final = ("limit", "cursor")
_GOOD: Final = ("200", "201", "202", "204")


def page() -> str:
    """Write the whole page."""
    schema = schema_of(build_operations())
    return _HEAD + "".join(_operations(schema)) + "".join(_models(schema))


def _operations(schema: Mapping[str, Any]) -> Iterator[str]:
    tag = ""
    for path, operations in schema["paths"].items():
        for method, described in operations.items():
            if described["tags"][0] != tag:
                tag = described["tags"][0]
                yield f"\n## {tag.capitalize()}\n"
            yield _operation(f"{method.upper()} {path}", described)


def _operation(title: str, described: Mapping[str, Any]) -> str:
    [scheme] = described["security"]
    lines = [f"\n### {title}\n", described["description"], ""]
    lines.append(f"- right: `{scheme['token'][0]}`")
    for it in described.get("parameters", ()):
        if it["in"] == "query" and it["name"] not in _OF_PAGES:
            told = it.get("description") or it["schema"].get("description", "")
            lines.append(f"- `?{it['name']}`: {_type(it['schema'])}. {told}".rstrip(" ."))
    if "requestBody" in described:
        body = described["requestBody"]["content"]["application/json"]["schema"]
        lines.append(f"- body: {_type(body)}")
    [status] = [it for it in described["responses"] if it in _GOOD]
    content = described["responses"][status].get("content")
    told = _type(content["application/json"]["schema"]) if content else "nothing"
    lines.append(f"- answer {status}: {told}")
    return "\n".join(lines) + "\n"


def _models(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## What is sent and answered\n"
    for name, model in sorted(schema["components"]["schemas"].items()):
        if "properties" not in model or name.startswith("Page_"):
            continue
        yield f"\n### {name}\n\n{_words(model.get('description', ''))}\n\n"
        yield "| field | | |\n|---|---|---|\n"
        required = model.get("required", ())
        for field, described in model["properties"].items():
            told = _words(described.get("description", ""))
            usual = "" if field in required else _usual(described)
            yield f"| `{field}` | {_type(described)} | {' '.join(filter(None, (told, usual)))} |\n"


def _usual(described: Mapping[str, Any]) -> str:
    usual = described.get("default")
    return f"Usually `{usual}`." if usual not in {None, ""} else "May be left out."


def _type(described: Mapping[str, Any]) -> str:
    """Write a type in few words, with links to the models."""
    if "$ref" in described:
        return _link(described["$ref"].removeprefix(_MODELS))
    if "anyOf" in described:
        parts = (_type(it) for it in described["anyOf"])
        return " or ".join(dict.fromkeys(parts))
    if described.get("type") == "array":
        return f"list of {_type(described['items'])}"
    if "additionalProperties" in described and described["additionalProperties"] is not False:
        return f"names with {_type(described['additionalProperties'])}"
    if "const" in described:
        return f"`{described['const']}`"
    return str(described.get("type", "anything"))


def _link(name: str) -> str:
    if name.startswith("Page_"):
        return f"page of {_link(name.removeprefix('Page_').removesuffix('_'))}"
    if name == "JsonValue":
        return "anything"
    choices = _choices().get(name)
    return choices or f"[{name}](#{name.lower()})"


@cache
def _choices() -> dict[str, str]:
    models = schema_of(build_operations())["components"]["schemas"]
    return {
        name: " or ".join(f"`{it}`" for it in model["enum"])
        for name, model in models.items()
        if "enum" in model
    }


def _words(text: str) -> str:
    return " ".join(text.split())
