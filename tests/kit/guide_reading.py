"""Read a guide back as a person does: from the lines of the command line, a page of Markdown, HTML.

Nothing here knows how guides are made. Whether a switch is to be on is read from the words beside
it, by the words for on and off in the glossary of the language.
"""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from typing import Final

from drawbridge.wording.language import ENGLISH

ON, OFF, EITHER, MIXED = "on", "off", "either", "mixed"
# Nouns that name a switch by both of its states.
_SWITCH: Final = {"zh-Hans": "开关", "zh-Hant": "開關", "vi": "bật tắt"}
_NOT: Final = {
    "en": r"\b(not|no|never)\b|n['\\u2019]t\b",
    "zh-Hans": "不|勿|别|无",
    "zh-Hant": "不|勿|別|無",
    "ja": "ない|ません|ずに",
    "vi": r"\b(không|đừng|chưa)\b",
    "id": r"\b(tidak|jangan|bukan|tanpa)\b",
    "es": r"\b(no|nunca|sin)\b",
    "fr": r"\b(ne|pas|sans)\b|\bn['\\u2019]",
    "pt-BR": r"\b(não|nunca|sem)\b",
    "pt-PT": r"\b(não|nunca|sem)\b",
    "ru": r"\b(не|нельзя|без)\b",
    "uk": r"\b(не|не можна|без)\b",
    "ar": r"(?<!\w)(لا|لم|لن|ليس|غير|دون)(?!\w)",
}
_ISOLATES: Final = str.maketrans("", "", "\u2066\u2067\u2068\u2069")
_NAMED: Final = re.compile(r"“([^”]+)”(?: \(([^()]+)\))?")
_STEP: Final = re.compile(r"[0-9]+\. (.*)")
_TERMINAL_SWITCH: Final = re.compile(r"  \[([^]]*)\] (.*)")
_MARKDOWN_SWITCH: Final = re.compile(r"- `\[(.)\]` (.*): ([^:]*)")
_MARKDOWN_GROUP: Final = re.compile(r"\*\*(.*)\*\*")
_MARKS: Final = {"x": ON, " ": OFF, "~": EITHER}

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReadSwitch:
    """A switch as it was read: under which heading, what it is called, how it is to stand."""

    group: str
    label: str
    stands: str


@dataclass
class ReadGuide:
    """What a guide says: sentences of its steps, links, switches, addresses, remarks."""

    steps: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    switches: list[ReadSwitch] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def reading(tag: str, said: str) -> str:
    """Tell what some words say of a switch: `on`, `off`, neither, or both and so nothing."""
    found = words_in(tag, said)
    if re.search(_NOT[tag], said.casefold()) or len(found) > 1:
        return MIXED
    return next(iter(found), EITHER)


def words_in(tag: str, said: str) -> set[str]:
    """Tell which of the two words, on and off, a text holds, whatever it says about them."""
    text = said.translate(_ISOLATES).casefold().replace(_SWITCH.get(tag, "\0"), "")
    return {way for way, words in zip((ON, OFF), _words(tag), strict=True) if words.search(text)}


def named_in(text: str) -> tuple[str, Labels]:
    """Take the labels that stand in quotes, with their headings, out of a sentence."""
    plain = text.translate(_ISOLATES)
    return _NAMED.sub("", plain), tuple((group, label) for label, group in _NAMED.findall(plain))


def read_terminal(text: str, tag: str) -> ReadGuide:
    """Read what `drawbridge guide` printed."""
    read, group = ReadGuide(), ""
    for line in text.translate(_ISOLATES).splitlines():
        if not line:
            group = ""
        elif found := _STEP.fullmatch(line):
            read.steps.append(found[1])
        elif line.startswith("   https://"):
            read.links.append(line.strip())
        elif found := _TERMINAL_SWITCH.fullmatch(line):
            read.switches.append(ReadSwitch(group, found[2], reading(tag, found[1])))
        elif line.startswith("- "):
            read.notes.append(line[2:])
        elif line.startswith("  "):
            read.addresses.append(line.strip())
        else:
            group = line
            read.headings.append(line)
    return read


def read_markdown(text: str, tag: str) -> ReadGuide:
    """Read what `drawbridge guide --markdown` printed; mark and words must say the same."""
    read, group = ReadGuide(), ""
    for line in text.translate(_ISOLATES).splitlines():
        if found := _STEP.fullmatch(line):
            sentence, _, link = found[1].partition(" <")
            read.steps.append(sentence)
            read.links += [link.rstrip(">")] if link else []
        elif found := _MARKDOWN_SWITCH.fullmatch(line):
            stands = reading(tag, found[3])
            stands = stands if stands == _MARKS[found[1]] else MIXED
            read.switches.append(ReadSwitch(group, found[2], stands))
        elif found := _MARKDOWN_GROUP.fullmatch(line):
            group = found[1]
            read.headings.append(group)
        elif line == "---":
            group = ""
        elif line.startswith("- `"):
            read.addresses.append(line[3:-1])
        elif line.startswith("- "):
            read.notes.append(line[2:])
    return read


def read_page(html: str, tag: str) -> ReadGuide:
    """Read the guide of a page: what is drawn, heard and written must say the same."""
    reader = _PageReader(tag)
    reader.feed(html)
    reader.close()
    return reader.read


@cache
def _words(tag: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Give what finds the words for on and for off."""
    if tag == ENGLISH.tag:
        return re.compile(r"\bon\b"), re.compile(r"\boff\b")
    text = (files("drawbridge.wording") / "glossary" / f"{tag}.toml").read_text(encoding="utf-8")
    glossary = tomllib.loads(text)
    on, off = (map(_begun_with, glossary[word]["stems"]) for word in (ON, OFF))
    return re.compile("|".join(on)), re.compile("|".join(off))


def _begun_with(stem: str) -> str:
    """Find words that begin so; where blanks part no words, the signs anywhere."""
    return (r"(?<!\w)" if stem < "\u3000" else "") + re.escape(stem)


class _PageReader(HTMLParser):
    """Reads the steps, the picture and the notes of `keys/guide.html`."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.read = ReadGuide()
        self._tag = tag
        self._open: list[tuple[str, str]] = []
        self._text: list[str] = []
        self._group = ""
        self._drawn = ""
        self._heard = ""
        self._label = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag in {"li", "h3", "p", "output", "bdi"} or told.get("class") == "verdict":
            self._text = []
        if self._open[-1:] == [("div", "picture-body")]:
            self._group = ""
        if tag == "li" and self._inside("switches"):
            self._drawn = {"must-on on": ON, "must-off": OFF}.get(told["class"], EITHER)
        elif tag == "svg":
            self._heard = told.get("aria-label", "")
        elif tag == "circle" and told.get("class") == "switch-knob":
            is_right = told["cx"] == "26"
            self._drawn = self._drawn if is_right == (self._drawn == ON) else MIXED
        elif tag == "a" and self._inside("steps"):
            self.read.links.append(told["href"])
            self._text.append("\0")
        if tag not in {"input", "br", "rect", "circle", "path", "meta", "link", "img", "hr"}:
            self._open.append((tag, told.get("class", "")))

    def handle_data(self, data: str) -> None:
        if self._inside("mark") and self._inside("steps"):
            return
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if not any(tag == one for one, _ in self._open):
            return
        while self._open:
            name, kind = self._open[-1]
            if name == tag:
                self._ended(tag, kind)
            self._open.pop()
            if name == tag:
                return

    def _ended(self, tag: str, kind: str) -> None:
        words = " ".join("".join(self._text).split()).translate(_ISOLATES)
        if tag == "li" and self._inside("steps"):
            self.read.steps.append(words.partition("\0")[0].strip())
        elif tag == "h3" and self._inside("picture-body"):
            self._group = words
            self.read.headings.append(words)
        elif tag == "bdi" and self._inside("switches"):
            self._label = words
        elif kind == "verdict":
            said = {reading(self._tag, words), reading(self._tag, self._heard), self._drawn}
            stands = said.pop() if len(said) == 1 else MIXED
            self.read.switches.append(ReadSwitch(self._group, self._label, stands))
        elif tag == "output" and self._inside("picture-body"):
            self.read.addresses.append(words)
        elif tag == "p" and kind.split()[:1] == ["note"]:
            self.read.notes.append(words)

    def _inside(self, kind: str) -> bool:
        return any(kind in classes.split() for _, classes in self._open)
