"""Traces in the words of OpenTelemetry: the JSON of its protocol (OTLP 1), as collectors take it.

Shape: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids as hexadecimal, whole
numbers of nanoseconds as text, everything of one process under one resource.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from drawbridge.core.tracing import Span

_INTERNAL: Final = 1
_SERVER: Final = 2
_OK: Final = 1
_ERROR: Final = 2


def encode_spans(spans: Sequence[Span], resource: Mapping[str, str]) -> bytes:
    """Write what was followed, and by which process."""
    scope = {"scope": {"name": "drawbridge"}, "spans": [_span(it) for it in spans]}
    told = {"resource": {"attributes": _attributes(resource)}, "scopeSpans": [scope]}
    return orjson.dumps({"resourceSpans": [told]})


def _span(it: Span) -> dict[str, Any]:
    told = {
        "traceId": it.trace_id.hex(),
        "spanId": it.span_id.hex(),
        "name": it.name,
        "kind": _INTERNAL if it.parent_id else _SERVER,
        "startTimeUnixNano": str(it.began_ns),
        "endTimeUnixNano": str(it.ended_ns),
        "attributes": _attributes(it.facts),
        "status": {"code": _ERROR if it.has_failed else _OK},
    }
    return {**told, "parentSpanId": it.parent_id.hex()} if it.parent_id else told


def _attributes(facts: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": name, "value": {"stringValue": value}} for name, value in facts.items()]
