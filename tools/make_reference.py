"""Write the generated documents: errors, commands, API, guides, scenarios, README's CLI help.

`python -m tools.make_reference` writes them, `--check` only tells which are out of date. What
is written by hand is not touched: README.md changes between its two markers only.
"""

import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import drawbridge.core.errors as families
from tools import scenarios
from tools.error_codes import collect_codes

ROOT: Final = Path(__file__).resolve().parents[1]
HELP_BEGINS: Final = "<!-- CLI help: written by tools/make_reference.py -->"
HELP_ENDS: Final = "<!-- end of CLI help -->"
_COMMAND_LINE: Final = "drawbridge.entrypoints.cli.main"
_NO_FAMILY: Final = "-"

_ERRORS_HEAD: Final = """\
# Errors

Every error has a stable code. Families are named by what the caller does next: the column
“HTTP” is the status that the API and the pages answer with, “exit” is the command line's exit
code. With `--json`, the command line prints the code and the facts of the case. The API says 403
in place of 401 where the token is good and a code of the authenticator is not, 429 to what is too
much, and 413 to what is too large.

This page is written by `python -m tools.make_reference` from the code and the wording files.

| code | family | HTTP | exit | what a person reads |
|---|---|---|---|---|
"""


def read_error_sentences(source: Path) -> dict[str, str]:
    """Read the English sentence of every code. Raises: ValueError for a code said twice."""
    sentences: dict[str, str] = {}
    for file in sorted((source / "drawbridge/wording/locales/en").glob("*.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("errors", {})
        for code, sentence in table.items():
            if code in sentences:
                message = f"{file.name}: the error {code} has a sentence already"
                raise ValueError(message)
            sentences[code] = sentence if isinstance(sentence, str) else sentence["other"]
    return sentences


def error_reference(codes: Mapping[str, frozenset[str]], sentences: Mapping[str, str]) -> str:
    """Write the table of all codes that have a sentence."""
    rows = [_error_row(code, codes.get(code, frozenset()), sentences[code]) for code in sentences]
    return _ERRORS_HEAD + "".join(sorted(rows))


def _error_row(code: str, raised_in: frozenset[str], sentence: str) -> str:
    known = [getattr(families, name) for name in sorted(raised_in) if hasattr(families, name)]
    names = ", ".join(family.__name__ for family in known) or _NO_FAMILY
    status = ", ".join(dict.fromkeys(str(family.http_status) for family in known)) or _NO_FAMILY
    exits = ", ".join(dict.fromkeys(str(family.exit_code) for family in known)) or _NO_FAMILY
    words = " ".join(sentence.split()).replace("|", "\\|")
    return f"| `{code}` | {names} | {status} | {exits} | {words} |\n"


def with_help(readme: str, help_text: str) -> str:
    """Put the command line's help between the two markers of README.md."""
    before, _, rest = readme.partition(HELP_BEGINS)
    _, found, after = rest.partition(HELP_ENDS)
    if not found:
        message = f"README.md has no {HELP_BEGINS} … {HELP_ENDS}"
        raise ValueError(message)
    return f"{before}{HELP_BEGINS}\n```text\n{help_text}\n```\n{HELP_ENDS}{after}"


def cli_exists() -> bool:
    """Tell whether there is a command line to ask for its help."""
    try:
        return find_spec(_COMMAND_LINE) is not None
    except ModuleNotFoundError:
        return False


def documents() -> dict[Path, Callable[[], str]]:
    """Give every generated document with the function that makes its text."""
    source = ROOT / "src"
    made: dict[Path, Callable[[], str]] = {
        ROOT / "docs/reference/errors.md": lambda: error_reference(
            collect_codes(source), read_error_sentences(source)
        ),
        ROOT / "docs/reference/scenarios.md": partial(scenarios.document, ROOT),
    }
    if cli_exists():
        # Imported here, because it imports the whole command line.
        from tools import api_page, cli_help, draw_strategies, make_client  # noqa: PLC0415  see the line above

        readme = ROOT / "README.md"
        made[ROOT / "docs/reference/cli.md"] = cli_help.reference
        made[ROOT / "docs/reference/api.md"] = api_page.page
        made[ROOT / "docs/reference/exchanges.md"] = cli_help.exchanges
        made |= {
            ROOT / f"docs/reference/guides/{name}.md": partial(cli_help.guide, name)
            for name in cli_help.exchange_ids()
        }
        made |= draw_strategies.documents()
        made |= make_client.documents()
        made[readme] = lambda: with_help(readme.read_text(encoding="utf-8"), cli_help.overview())
    return made


def find_outdated() -> list[str]:
    """Give the documents that do not say what they would say if they were written now."""
    return [
        path.relative_to(ROOT).as_posix()
        for path, make in documents().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != make()
    ]


def main(arguments: Sequence[str]) -> int:
    """Write every document, or with `--check` tell which are out of date."""
    if list(arguments) == ["--check"]:
        outdated = find_outdated()
        for name in outdated:
            print(f"{name} is out of date: run python -m tools.make_reference")
        return 1 if outdated else 0
    for path, make in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
