"""Look for planted secrets in every form in which one might leak."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from tests.kit.memory import find_in_memory


@dataclass(frozen=True)
class Planted:
    """The secrets by what they are, and all forms of each."""

    secrets: Mapping[str, str]

    def forms(self) -> dict[str, bytes]:
        """Give what to look for, by what it is."""
        found = {}
        for name, text in self.secrets.items():
            raw = text.encode()
            found[f"{name}, as it is"] = raw
            found[f"{name}, in an address"] = quote(text, safe="").encode()
            found[f"{name}, in a form"] = quote_plus(text).encode()
            found[f"{name}, base64"] = base64.b64encode(raw).rstrip(b"=")[:-1]
            found[f"{name}, hexadecimal"] = raw.hex().encode()
            decoded = _decoded(text)
            if decoded:
                found[f"{name}, decoded"] = decoded
                found[f"{name}, decoded, hexadecimal"] = decoded.hex().encode()
        return found

    def in_bytes(self, data: bytes) -> list[str]:
        """Name what stands in some bytes."""
        return [name for name, form in self.forms().items() if form in data]

    def in_folder(self, folder: Path) -> list[str]:
        """Name what stands in any file under a folder, and the file."""
        return self.in_files(it for it in folder.rglob("*") if it.is_file())

    def in_files(self, files: Iterable[Path]) -> list[str]:
        """Name what stands in any of these files, and the file."""
        return [
            f"{name} in {file}" for file in sorted(files) for name in self.in_bytes(_read(file))
        ]

    def in_memory(self, pid: int) -> list[str]:
        """Name what stands in the memory of a process, its arguments and its environment."""
        forms = self.forms()
        places = [Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
        found = find_in_memory(pid, tuple(forms.values()))
        return [
            name
            for name, form in forms.items()
            if form in found or any(form in place for place in places)
        ]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""  # A server takes files away while it works.


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
