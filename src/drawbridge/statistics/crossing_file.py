"""Requests of bots as a file, as the log holds them: never a body, a query or a signature.

Times are in UTC; columns, outcomes and rules are named for programs, in no language.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from drawbridge.core.money import plain
from drawbridge.gateway.crossings import LoggedCrossing
from drawbridge.statistics.export import as_cell
from drawbridge.wording.formats import iso

COLUMNS: Final = (
    *("time", "exchange", "venue", "virtual_key", "request", "outcome", "code", "rule"),
    *("status", "took_ms", "received_bytes", "answered_bytes", "address"),
)


def write_columns() -> str:
    """Write the first line of the file."""
    return ",".join(COLUMNS) + "\r\n"


def write_crossings(found: Iterable[LoggedCrossing], labels: Mapping[str, str]) -> str:
    """Write requests as lines of CSV; `labels` are the names of virtual keys by their ids."""
    text = io.StringIO()
    writer = csv.writer(text)
    for it in found:
        writer.writerow(
            [
                *(iso(it.at_ms), it.exchange, it.venue),
                *(as_cell(labels.get(it.virtual_id, it.virtual_id)), as_cell(it.endpoint)),
                *(it.outcome.value, it.code, it.rule, it.status),
                *(plain(Decimal(it.took_us) / 1_000), it.received_bytes, it.answered_bytes),
                as_cell(it.address),
            ]
        )
    return text.getvalue()
