"""What a browser would send of a form as it stands, read from the page's source."""

from html.parser import HTMLParser

_BOXES = {"checkbox", "radio"}


class _Reader(HTMLParser):
    """Gathers the fields of the form with one address."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._action = action
        self._is_inside = False
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "form":
            self._is_inside = told.get("action") == self._action
        elif self._is_inside and tag == "select":
            self._select = told.get("name") or ""
        elif self._is_inside and tag == "option":
            self._take_option(told)
        elif self._is_inside and tag == "input":
            self._take_input(told)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False

    def _take_input(self, told: dict[str, str | None]) -> None:
        if told.get("type") not in _BOXES or "checked" in told:
            self.fields.append((told.get("name") or "", told.get("value") or ""))

    def _take_option(self, told: dict[str, str | None]) -> None:
        """Take the first option of a select, or the one that is selected in its place."""
        is_first = all(name != self._select for name, _ in self.fields)
        if "selected" in told:
            self.fields = [it for it in self.fields if it[0] != self._select]
        if is_first or "selected" in told:
            self.fields.append((self._select, told.get("value") or ""))


def sent_by(html: str, action: str) -> list[tuple[str, str]]:
    """Give the fields that a form with this address would send."""
    reader = _Reader(action)
    reader.feed(html)
    return [(name, value) for name, value in reader.fields if name != "csrf"]
