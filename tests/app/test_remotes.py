"""Which Drawbridge is meant, and where its token stands."""

import json
from pathlib import Path

import pytest

from drawbridge.app.remotes import (
    HERE,
    Remote,
    Remotes,
    find_remote,
    mean_this_machine,
    read_remote_name,
    read_remotes,
    read_token,
    remotes_file,
    write_for_owner,
    write_remotes,
)
from drawbridge.core.errors import BadInput, Conflict, Corrupted, Forbidden, NotFound, NotProven
from tests.kit.remote_line import Surroundings

ADDRESS = "https://bridge.example.com"


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def _office(folder: Path) -> Remote:
    return Remote("office", ADDRESS, folder / "office")


@pytest.mark.parametrize("name", ["", HERE, "1st", "a b", "a/b", "..", "x" * 33, "büro"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="bad_remote_name"):
        read_remote_name(name)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"used": "", "remotes": []}', '{"used": "", "remotes": {"a": 1}}'],
)
def test_what_is_no_list_of_remotes_is_told_by_its_path(
    surroundings: dict[str, str], text: str
) -> None:
    write_for_owner(remotes_file(surroundings), text)
    with pytest.raises(Corrupted, match="remotes_unreadable") as caught:
        read_remotes(surroundings)
    assert caught.value.facts["path"] == str(remotes_file(surroundings))


def test_what_is_not_there_is_not_found_and_not_twice(tmp_path: Path) -> None:
    remotes = Remotes().adding(_office(tmp_path))
    with pytest.raises(Conflict, match="remote_name_taken"):
        remotes.adding(_office(tmp_path))
    for change in (remotes.removing, remotes.using, remotes.get):
        with pytest.raises(NotFound, match="unknown_remote"):
            change("home")


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Corrupted, match="remotes_not_written"):
        write_for_owner(tmp_path / "file" / "remotes.json", "{}")


def test_remotes_are_kept_for_their_person_alone(
    surroundings: dict[str, str], tmp_path: Path
) -> None:
    remotes = Remotes().adding(_office(tmp_path)).using("office")
    write_remotes(remotes, surroundings)
    path = remotes_file(surroundings)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert read_remotes(surroundings) == remotes
    assert json.loads(path.read_text())["used"] == "office"
    write_remotes(remotes.removing("office"), surroundings)
    assert read_remotes(surroundings) == Remotes()
    assert [it.name for it in path.parent.iterdir()] == ["remotes.json"]


def test_what_is_named_goes_before_the_environment_and_that_before_what_is_used(
    surroundings: dict[str, str], tmp_path: Path
) -> None:
    assert find_remote("", surroundings) is None
    home = Remote("home", "https://home.example.com", tmp_path / "home")
    used = Remotes().adding(_office(tmp_path)).adding(home).using("office")
    write_remotes(used, surroundings)
    at_home = {**surroundings, "DRAWBRIDGE_AT": "home"}
    assert find_remote("", surroundings) == _office(tmp_path)
    assert find_remote("", at_home) == home
    assert find_remote("office", at_home) == _office(tmp_path)
    assert find_remote(HERE, at_home) is None
    assert find_remote("", {**surroundings, "DRAWBRIDGE_AT": HERE}) is None
    with pytest.raises(NotFound, match="unknown_remote"):
        find_remote("elsewhere", surroundings)


def test_what_a_process_of_this_machine_starts_stays_on_it(tmp_path: Path) -> None:
    surroundings = Surroundings(tmp_path)
    try:
        write_remotes(Remotes().adding(_office(tmp_path)).using("office"))
        assert find_remote("") == _office(tmp_path)
        mean_this_machine()
        assert find_remote("") is None
    finally:
        surroundings.put_back()


def test_an_address_has_the_token_that_is_named_or_known_for_it(
    surroundings: dict[str, str], tmp_path: Path
) -> None:
    assert find_remote(f"{ADDRESS}/", surroundings) == Remote("", ADDRESS, None)
    write_remotes(Remotes().adding(_office(tmp_path)), surroundings)
    assert find_remote(ADDRESS, surroundings) == _office(tmp_path)
    named = {**surroundings, "DRAWBRIDGE_TOKEN_FILE": str(tmp_path / "named")}
    for at in (ADDRESS, "https://other.example.com"):
        found = find_remote(at, named)
        assert found is not None
        assert found.token_file == tmp_path / "named"


def test_a_token_of_no_other_place_is_ever_taken(
    surroundings: dict[str, str], tmp_path: Path
) -> None:
    write_remotes(Remotes().adding(_office(tmp_path)).using("office"), surroundings)
    for at in ("https://bridge.example.com.evil.example", "http://bridge.example.com"):
        found = find_remote(at, surroundings)
        assert found is not None
        assert found.token_file is None


def test_a_token_is_read_from_a_file_that_nobody_else_can_read(tmp_path: Path) -> None:
    remote = _office(tmp_path)
    assert remote.token_file is not None
    with pytest.raises(NotProven, match="remote_token_unreadable"):
        read_token(remote)
    write_for_owner(remote.token_file, "dbr_abc\n")
    assert read_token(remote).reveal() == "dbr_abc"
    for mode in (0o640, 0o604, 0o620, 0o601):
        remote.token_file.chmod(mode)
        with pytest.raises(Forbidden, match="remote_token_exposed"):
            read_token(remote)


@pytest.mark.parametrize("text", ["", "  \n", "dbr_a\ndbr_b", "dbr_a dbr_b", "dbr_\x00", "dbr_é"])
def test_what_is_no_token_is_refused_and_not_told(tmp_path: Path, text: str) -> None:
    remote = _office(tmp_path)
    assert remote.token_file is not None
    write_for_owner(remote.token_file, text)
    with pytest.raises(BadInput, match="remote_token_none") as caught:
        read_token(remote)
    assert "dbr_" not in str(caught.value)


def test_without_a_file_it_is_said_how_to_name_one() -> None:
    with pytest.raises(NotProven, match="remote_token_not_named"):
        read_token(Remote("", ADDRESS, None))
