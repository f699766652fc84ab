"""Put the API together: its operations, how errors are told, its schema."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from drawbridge.app.build import House
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.api import (
    accounts,
    approvals,
    audit,
    backups,
    exchanges,
    key_lives,
    keys,
    licences,
    limits,
    me,
    notices,
    orders,
    panic,
    people,
    replacements,
    robot_reports,
    robots,
    together,
    trials,
    virtual_keys,
    workers,
)
from drawbridge.entrypoints.api.problems import (
    EVERY_STATUS,
    FieldProblem,
    Problem,
    problems_documented,
    tell_error,
    tell_failed,
    tell_invalid,
    tell_refused,
)
from drawbridge.entrypoints.api.turnstile import SCHEMA, Turnstile

BASE: Final = "/api/v1"
_GROUPS: Final = (
    *(me, exchanges, keys, key_lives, replacements, panic, virtual_keys, accounts, together),
    *(robots, robot_reports, orders, trials, limits, licences, approvals, notices, people, audit),
    *(backups, workers),
)
_REFERENCE: Final = "#/components/schemas/{model}"
_IDEMPOTENCY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "Sent again within a day with the same body, the first answer comes again and nothing is"
        " done twice. With another body: 409."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
}


def build_api(house: House) -> Turnstile:
    """Build the API over a house."""
    return Turnstile(build_operations(), house)


@cache
def build_operations() -> FastAPI:
    """Build the operations without the turnstile before them; they hold nothing of any house."""
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=problems_documented(EVERY_STATUS),
        generate_unique_id_function=_name_of,
        exception_handlers={
            DrawbridgeError: tell_error,
            RequestValidationError: tell_invalid,
            HTTPException: tell_refused,
            Exception: tell_failed,
        },
    )
    for group in _GROUPS:
        app.include_router(group.router)
    schema = schema_of(app)
    app.state.known_fields = _names_in(schema)
    app.state.addresses = [
        (compile_path(path)[0], tuple(name.upper() for name in operations))
        for path, operations in schema["paths"].items()
    ]
    written = orjson.dumps(schema)

    async def show_schema(_request: Request) -> Response:
        return Response(written, media_type="application/json")

    app.add_route(SCHEMA, show_schema, include_in_schema=False)
    return app


def schema_of(app: FastAPI) -> dict[str, Any]:
    """Give the schema of all operations, OpenAPI 3.1."""
    schema = get_openapi(
        title="Drawbridge",
        version="1",
        openapi_version="3.1.0",
        summary="The safe bridge between exchange accounts and the software that trades on them.",
        routes=app.routes,
        servers=[{"url": BASE}],
    )
    models = schema["components"]["schemas"]
    for model in (Problem, FieldProblem):
        described = model.model_json_schema(ref_template=_REFERENCE, mode="serialization")
        described.pop("$defs", None)
        models[model.__name__] = described
    for unused in ("HTTPValidationError", "ValidationError"):
        models.pop(unused, None)
    for path in schema["paths"].values():
        if "post" in path:
            path["post"].setdefault("parameters", []).append(_IDEMPOTENCY)
    return schema


def _name_of(route: APIRoute) -> str:
    return route.name


def _names_in(schema: Mapping[str, Any]) -> frozenset[str]:
    """Collect the names of all fields and parameters."""
    models = schema["components"]["schemas"].values()
    names = {name for model in models for name in model.get("properties", {})}
    for path in schema["paths"].values():
        for operation in path.values():
            names |= {it["name"] for it in operation.get("parameters", ())}
    return frozenset(names)
