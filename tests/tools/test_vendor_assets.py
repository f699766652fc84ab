"""The vendored assets are the ones that were published, and nothing else lies beside them."""

import hashlib
from pathlib import Path

import pytest

from tools.vendor_assets import FOR_TESTS, MANIFEST, VENDOR, find_changed, read_manifest

_ASSET = """
[[asset]]
name = "thing"
version = "1.0.0"
licence = "MIT"
[[asset.file]]
path = "thing/thing.js"
from = "dist/thing.js"
sha256 = "{sha256}"
"""


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    """Give a folder with one asset that is as it should be."""
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing/thing.js").write_bytes(b"let x;")
    text = _ASSET.format(sha256=hashlib.sha256(b"let x;").hexdigest())
    (tmp_path / MANIFEST).write_text(text)
    return tmp_path


def test_an_altered_file_is_found(vendor: Path) -> None:
    (vendor / "thing/thing.js").write_bytes(b"let y;")
    assert list(find_changed(vendor)) == [f"thing/thing.js: not the file that {MANIFEST} names"]


def test_a_missing_file_is_found(vendor: Path) -> None:
    (vendor / "thing/thing.js").unlink()
    assert list(find_changed(vendor)) == ["thing/thing.js: missing"]


def test_a_file_that_nobody_listed_is_found(vendor: Path) -> None:
    (vendor / "thing/extra.js").write_bytes(b"")
    assert list(find_changed(vendor)) == [f"thing/extra.js: not listed in {MANIFEST}"]


def test_an_untouched_folder_has_no_findings(vendor: Path) -> None:
    assert list(find_changed(vendor)) == []


@pytest.mark.parametrize("folder", [VENDOR, FOR_TESTS], ids=["pages", "tests"])
def test_our_vendored_assets_are_what_was_published(folder: Path) -> None:
    assert list(find_changed(folder)) == []


@pytest.mark.parametrize("folder", [VENDOR, FOR_TESTS], ids=["pages", "tests"])
def test_every_vendored_asset_carries_its_licence(folder: Path) -> None:
    for asset in read_manifest(folder):
        assert asset.licence
        assert [file for file in asset.files if file.path.endswith("LICENSE")], asset.name
