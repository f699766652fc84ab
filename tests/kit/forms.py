"""The forms of a page as a browser without scripts would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from tests.kit.browserling import Page


@dataclass
class HtmlForm:
    """A form, where it goes, and what stands in it when nobody types anything."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: int = 0


def forms_of(page: Page) -> list[HtmlForm]:
    """Read all forms of a page."""
    reader = _Reader(page.path)
    reader.feed(page.html)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self._path = path
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = told.get("method", "get")
            self.forms.append(HtmlForm(told.get("action") or self._path, method))
        elif self.forms:
            self._take(self.forms[-1], tag, told)

    def _take(self, form: HtmlForm, tag: str, told: dict[str, str]) -> None:
        if tag == "button":
            form.buttons += told.get("type", "submit") == "submit"
        elif tag == "select":
            self._select = told.get("name", "")
        elif tag == "option" and ("selected" in told or self._select not in dict(form.fields)):
            form.fields.append((self._select, told.get("value", "")))
        elif tag == "textarea":
            form.fields.append((told.get("name", ""), ""))
        elif tag == "input" and _counts(told):
            form.fields.append((told.get("name", ""), told.get("value", "")))


def _counts(told: dict[str, str]) -> bool:
    """Tell whether a browser would send this field as it stands."""
    return told.get("type", "text") not in {"checkbox", "radio"} or "checked" in told
