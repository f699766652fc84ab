"""Requests made up from the API's own schema, good and bad, and answers held against it.

Schemathesis makes and judges them; they go to the site in this process. Now and then they carry
an id, or the authenticator's code, of something that is there. `DRAWBRIDGE_API_CASES=10000` makes
about so many.
"""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from tests.kit.owner import SECRET
from tests.kit.program import BASE, open_api_site
from tests.kit.program_life import Life, begin_life, live_on

CASES = int(os.environ.get("DRAWBRIDGE_API_CASES", "250"))
_ADDRESS = f"http://127.0.0.1:8420{BASE}"
# So that the token's own pace never stands in the way.
_APART_MS = 150
# What a rule of ours refuses (an amount that is too small, a name that is taken) is no fault of
# the schema, so a good request may be refused; a bad one must be.
_CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


@dataclass
class Lived:
    """A person with everything, and the loop in which their site lives."""

    runner: asyncio.Runner
    life: Life
    sent: int = 0

    def send(self, request: requests.PreparedRequest) -> Response:
        """Send a request and give the answer as Schemathesis wants it."""
        self.sent += 1
        self.life.site.web.clock.advance(_APART_MS)
        headers = {name: str(value) for name, value in request.headers.items()}
        headers["authorization"] = f"Bearer {self.life.program.token}"
        body = request.body or b""
        assert isinstance(body, str | bytes)
        sent = body.encode() if isinstance(body, str) else body
        answer = self.runner.run(
            self.life.program.ask(request.method or "", request.path_url, headers, sent)
        )
        assert SECRET.encode() not in answer.body
        told = {name: [value] for name, value in answer.headers.items()}
        return Response(answer.status, told, answer.body, request, elapsed=0.0, verify=False)


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Lived]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        site = runner.run(stack.enter_async_context(open_api_site(tmp_path)))
        try:
            life = runner.run(begin_life(site))
            runner.run(live_on(life))
            yield Lived(runner, life)
        finally:
            runner.run(stack.aclose())


def test_made_up_requests_never_break_it_and_answers_are_as_described(lived: Lived) -> None:
    schema = lived.runner.run(lived.life.program.get("/openapi.json")).told
    for operations in schema["paths"].values():
        for operation in operations.values():
            # Tokens are test_turnstile's business; here every request has a good one.
            del operation["security"]
    described = schemathesis.openapi.from_dict(schema)
    found = [it.ok() for it in described.get_all_operations() if isinstance(it, Ok)]
    assert len(found) == sum(map(len, schema["paths"].values()))
    # What deletes comes last: there is to be something to ask for until then.
    found.sort(key=lambda it: "delete" in it.label.lower())
    # There is only one way to ask for what takes nothing.
    taking = [it for it in found if _takes_anything(it.definition.raw)]
    each = -(-CASES // (2 * len(taking)))
    for operation in found:
        _try(lived, operation, GenerationMode.POSITIVE, each)
        if operation in taking:
            _try(lived, operation, GenerationMode.NEGATIVE, each)
    assert lived.sent >= CASES


def _takes_anything(described: Mapping[str, Any]) -> bool:
    """Tell whether anything could be wrong about a request."""
    return bool(described.get("parameters") or described.get("requestBody"))


def _try(lived: Lived, operation: Any, mode: GenerationMode, count: int) -> None:  # noqa: ANN401  an operation of Schemathesis
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_there=st.booleans())
    def holds(*, case: Any, is_there: bool) -> None:  # noqa: ANN401  a case of Schemathesis
        if is_there and mode is GenerationMode.POSITIVE:
            _point_at(lived, case)
        given_as = case.as_transport_kwargs(base_url=_ADDRESS)
        kept = {it: given_as.get(it) for it in ("headers", "params", "json", "data")}
        request = requests.Request(given_as["method"], given_as["url"], **kept).prepare()
        answer = lived.send(request)
        # Who sends too much is refused as well; the referee's own list does not know how.
        is_refused = answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        case.validate_response(answer, checks=_CHECKS[:-1] if is_refused else _CHECKS)

    run: Callable[[], None] = holds
    run()


def _point_at(lived: Lived, case: Any) -> None:  # noqa: ANN401  a case of Schemathesis
    """Let a case be about what is there."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = lived.life.ids[name]
    for name in ("key", "robot"):
        if name in (case.query or {}):
            case.query[name] = lived.life.ids[name]
    if isinstance(case.body, dict):
        case.body.update({name: lived.life.ids[name] for name in ("key",) if name in case.body})
        if "code" in case.body:
            case.body["code"] = lived.life.code()
