"""Make the vendored browser assets again from their npm packages.

Reads the `VENDORED.toml` beside the pages' assets and the one beside those that only tests load,
fetches each package with `npm pack`, and writes a folder's files only if every one has the sum
that stands there. For a new version: change `version` and `origin`, run the tool, look at what it
found, and put the sums it prints into the file.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]
VENDOR: Final = _ROOT / "src/drawbridge/entrypoints/web/static/vendor"
FOR_TESTS: Final = _ROOT / "tests/kit/vendor"
MANIFEST: Final = "VENDORED.toml"
_MAX_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class AssetFile:
    """One file: where it goes, where it stands in the package, and its sum."""

    path: str
    origin: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Asset:
    """One npm package and the files that are taken out of it."""

    name: str
    version: str
    licence: str
    files: tuple[AssetFile, ...]


def read_manifest(folder: Path) -> tuple[Asset, ...]:
    """Read what is vendored in a folder."""
    document = tomllib.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return tuple(
        Asset(
            name=asset["name"],
            version=asset["version"],
            licence=asset["licence"],
            files=tuple(
                AssetFile(file["path"], file["from"], file["sha256"]) for file in asset["file"]
            ),
        )
        for asset in document["asset"]
    )


def find_changed(folder: Path) -> Iterator[str]:
    """Find files that are missing, altered, or that nobody listed."""
    listed = {MANIFEST}
    for asset in read_manifest(folder):
        for file in asset.files:
            listed.add(file.path)
            path = folder / file.path
            if not path.is_file():
                yield f"{file.path}: missing"
            elif sha256_of(path.read_bytes()) != file.sha256:
                yield f"{file.path}: not the file that {MANIFEST} names"
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if path.is_file() and relative not in listed:
            yield f"{relative}: not listed in {MANIFEST}"


def sha256_of(content: bytes) -> str:
    """Give the sum of a file's content as the manifest writes it."""
    return hashlib.sha256(content).hexdigest()


def _fetch(asset: Asset, workplace: Path) -> dict[str, bytes]:
    """Fetch a package with npm and give the wanted files by their path among the assets."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", f"{asset.name}@{asset.version}"],
        cwd=workplace,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = {}
    with tarfile.open(workplace / packed.stdout.strip()) as archive:
        for file in asset.files:
            member = archive.extractfile(f"package/{file.origin}")
            if member is None:
                message = f"{asset.name}@{asset.version} has no file {file.origin}"
                raise FileNotFoundError(message)
            found[file.path] = member.read(_MAX_BYTES)
    return found


def _make(vendor: Path) -> bool:
    """Make the assets of one folder again, or none of them where one is not what it should be."""
    right = True
    fetched: dict[str, bytes] = {}
    for asset in read_manifest(vendor):
        with tempfile.TemporaryDirectory() as workplace:
            contents = _fetch(asset, Path(workplace))
        for file in asset.files:
            found = sha256_of(contents[file.path])
            if found != file.sha256:
                right = False
                print(f"{file.path}: {asset.name}@{asset.version} has sha256 {found}")
        fetched |= contents
    if not right:
        print(f"Nothing was written. If this is the version you want, correct {MANIFEST}.")
        return False
    for path, content in fetched.items():
        (vendor / path).parent.mkdir(parents=True, exist_ok=True)
        (vendor / path).write_bytes(content)
    print(f"{len(fetched)} files written to {vendor}")
    return True


def main(arguments: Sequence[str]) -> int:
    """Make the assets again; with `--check` only compare what is there, without npm."""
    if list(arguments) == ["--check"]:
        changed = [line for vendor in (VENDOR, FOR_TESTS) for line in find_changed(vendor)]
        print("\n".join(changed) or "every vendored file is what it should be")
        return 1 if changed else 0
    made = [_make(vendor) for vendor in (VENDOR, FOR_TESTS)]
    return 0 if all(made) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
