"""A leak report as a file for a spreadsheet: what was done, one line each, the newest first.

Times are in UTC; columns and kinds are named for programs, in no language.
"""

import csv
import io
from typing import Final

from drawbridge.rotation.leak import LeakReport
from drawbridge.rotation.leak_telling import deed_facts
from drawbridge.statistics.export import as_cell
from drawbridge.wording.formats import iso

COLUMNS: Final = (
    *("time", "kind", "what", "by", "through_us", "symbol", "side", "quantity", "price"),
    *("name", "address", "times"),
)


def write_report(report: LeakReport) -> str:
    """Write a report as CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for deed in report.deeds:
        facts = deed_facts(deed)
        told = (as_cell(str(facts[name])) for name in COLUMNS[1:])
        writer.writerow([iso(deed.at_ms), *told])
    return text.getvalue()
