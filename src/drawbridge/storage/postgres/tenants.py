"""The second fence between people: the server itself gives and takes rows of one person only.

People's statements run under a role that owns nothing (`ROLE`) and name, in a setting, whom they
are for; policies hold each table to that. The house's own run as the owner of the tables, to whom
policies do not apply. Who asks stands in `storage/acting.py`, the connections in `guests.py`.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import psycopg
from psycopg import sql

from drawbridge.core.errors import NotProven
from drawbridge.storage.acting import TENANT_ROLE

ROLE: Final = TENANT_ROLE
"""Made by whoever runs the server, and granted to the role that we connect as."""
SETTING: Final = "drawbridge.owner"
"""Whom the statements of a connection or a transaction are for."""

# Raised with every change of what follows: a release never undoes what a later one has built.
VERSION: Final = 2

_Server: TypeAlias = psycopg.Connection[tuple[Any, ...]]

# Empty and never set are the same: nobody, whose rows there are none of.
_ASKER: Final = f"(SELECT nullif(current_setting('{SETTING}', true), ''))"
_EVERYTHING: Final = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True, slots=True)
class Fence:
    """What people may do in a table: which rows are theirs, and what is granted at all."""

    mine: str
    grants: str = _EVERYTHING
    # More rows that may be read, and not touched.
    seen: str = ""


def _of(column: str, grants: str = _EVERYTHING, *, seen: str = "") -> Fence:
    return Fence(f"{column} = {_ASKER}", grants, seen)


def _through(column: str, parent: str, key: str = "id") -> Fence:
    """Give what hangs on a row of another table: whoever may see that one may see this one."""
    parents = f"SELECT 1 FROM {parent} AS parent WHERE parent.{key} = {column}"  # noqa: S608 - named below
    return Fence(f"EXISTS ({parents})")


_OWNER: Final = _of("owner")
_KEY: Final = _through("key_id", "keys")
_ROBOT: Final = _through("robot_id", "robots")
_VIRTUAL: Final = _through("virtual_id", "virtual_keys")
# Facts about no person, which pages show to everybody.
_READ: Final = Fence("true", "SELECT")
# Of the house alone: people's statements have no business there.
_NONE: Final = Fence("", "")

PEOPLE: Final[Mapping[str, Fence]] = {
    "owners": _of("id"),
    "second_factors": _OWNER,
    "recovery_codes": _OWNER,
    "sessions": _OWNER,
    "attempts": _NONE,
    "audit_events": _of("owner", "SELECT, INSERT"),
    # The end of the chain: whoever appends reads it and puts it further.
    "audit_head": Fence("true", "SELECT, INSERT, UPDATE"),
    "api_tokens": _OWNER,
    "telegram_links": _OWNER,
    "telegram_codes": _OWNER,
    "telegram_bot": _READ,
    "key_passes": _OWNER,
    "telegram_talks": _NONE,
    "telegram_updates": _NONE,
    "passkeys": _OWNER,
    "passkey_challenges": _NONE,
    "invitations": _of("inviter"),
}
APP: Final[Mapping[str, Fence]] = {
    "keys": _OWNER,
    "key_secrets": _KEY,
    "key_changes": _KEY,
    "vault_state": _READ,
    "vault_requests": _OWNER,
    "vault_rotations": _READ,
    "orders": _OWNER,
    "used_stamps": _KEY,
    "check_steps": _KEY,
    "portfolios": _KEY,
    "robots": _OWNER,
    "robot_changes": _READ,
    "robot_accounts": _ROBOT,
    "robot_decisions": _ROBOT,
    "robot_series": _READ,
    "robot_series_candles": _READ,
    "limits": _OWNER,
    # A stop of everybody names nobody.
    "stops": _of("owner", seen="owner = ''"),
    "limit_changes": _READ,
    "notices": _OWNER,
    "notice_deliveries": _through("notice", "notices", "n"),
    "notice_channels": _OWNER,
    "notice_choices": _OWNER,
    "notice_summaries": _OWNER,
    "account_snapshots": _KEY,
    "trials": _OWNER,
    "hooks": _OWNER,
    "signals": _OWNER,
    "signal_shards": _through("signal_shards.n", "signals", "n"),
    "fills": _KEY,
    "foreign_orders": _KEY,
    "foreign_trades": _KEY,
    "foreign_looks": _KEY,
    "api_answers": _OWNER,
    "approvals": _OWNER,
    "virtual_keys": _OWNER,
    "virtual_key_secrets": _VIRTUAL,
    "virtual_key_changes": _VIRTUAL,
    "virtual_uses": _VIRTUAL,
    "crossings": _OWNER,
    "recovery_keys": _READ,
    "backups": _READ,
    "cancel_wishes": _OWNER,
    "leak_inquiries": _KEY,
    "replacements": _OWNER,
    "licences": _OWNER,
    "licence_accounts": _OWNER,
    "licence_wishes": _OWNER,
    "licence_time": _READ,
    "licence_changes": _READ,
    "workers": _READ,
    "shards": _READ,
    "local_key_proof": _NONE,
}
PAPER: Final[Mapping[str, Fence]] = {
    "paper_settings": _READ,
    "paper_accounts": _of("id"),
    "paper_keys": _of("account"),
    "paper_commands": _NONE,
    "paper_snapshots": _NONE,
    "paper_changes": _READ,
}
FENCES: Final[Mapping[str, Mapping[str, Fence]]] = {"people": PEOPLE, "app": APP, "paper": PAPER}
"""Every table of each folder of `revisions/` in which people's rows are."""

# What they count is counted for all, whoever has changed something.
_COUNTING: Final = (
    "key_has_changed",
    "virtual_key_has_changed",
    "robot_account_has_changed",
    "limit_or_stop_has_changed",
    "licence_has_changed",
    "paper_has_changed",
)

_FOLDER: Final = "people"
_ANCHOR: Final = "owners"
# Who reads a whole table just then is waited for no longer than others may wait behind us.
_PATIENCE: Final = "SET lock_timeout = '5s'"
NOTED: Final = f"SELECT obj_description(to_regclass('{_ANCHOR}'), 'pg_class')"
"""Asks for the note by which a database knows what was built, as `fences_noted` reads it."""
_FUNCTIONS: Final = """
SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
"""
_HAS_ROLE: Final = "SELECT 1 FROM pg_roles WHERE rolname = %s"
_MAY_ENTER: Final = "SELECT has_schema_privilege(%s, current_schema(), 'USAGE')"
# Whoever neither owns the tables nor is of the role that does finds each of them empty.
_FENCED_OUT: Final = """
SELECT quote_ident(current_user), quote_ident(pg_get_userbyid(relowner)) FROM pg_class
WHERE oid = to_regclass(%s) AND row_security_active(oid)
"""
# In one word, so that a glance at the start of a process is enough.
_BUILT: Final = "tenants {}"
_GRANTED: Final = "tenants {} granted"
_NOTE: Final = re.compile(r"tenants (\d+)( granted)?")


def lacks_fences(server: _Server, folders: Collection[str]) -> bool:
    """Tell whether there is something to build; a later release's fences stay as they are."""
    if _FOLDER not in folders:
        return False
    version, is_granted = fences_noted(_first(server, NOTED))
    return version < VERSION or (version == VERSION and not is_granted and _has_role(server))


def build_fences(server: _Server, folders: Collection[str]) -> None:
    """Give every table its policies, and the role its rights once it is there.

    Each statement commits by itself: no two tables are locked at once, so that workers that go on
    working wait for a moment and never for each other.
    """
    if not lacks_fences(server, folders):
        return  # another process was here first
    has_role = _has_role(server)
    server.execute(_PATIENCE)
    _count_for_all(server)
    fences = {name: it for folder in folders for name, it in FENCES.get(folder, {}).items()}
    for name, fence in fences.items():
        server.execute(sql.SQL("; ").join(_statements(name, fence, has_role=has_role)))
    if has_role and not _first(server, _MAY_ENTER, ROLE):
        server.execute(
            sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(
                sql.Identifier(_first(server, "SELECT current_schema()")), sql.Identifier(ROLE)
            )
        )
    note = (_GRANTED if has_role else _BUILT).format(VERSION)
    server.execute(
        sql.SQL("COMMENT ON TABLE {} IS {}").format(sql.Identifier(_ANCHOR), sql.Literal(note))
    )


def check_inside(server: _Server, folders: Collection[str]) -> None:
    """Refuse to work as a role for which the fences stand as well.

    Raises: `NotProven("database_role_fenced_out")`.
    """
    if _FOLDER not in folders:
        return
    if found := server.execute(_FENCED_OUT.encode(), (_ANCHOR,)).fetchone():
        raise NotProven("database_role_fenced_out", role=found[0], owner=found[1])


def fence_statements(folders: Collection[str]) -> tuple[str, ...]:
    """Write down all that is said about the tables of these folders."""
    fences = [(name, it) for folder in folders for name, it in FENCES.get(folder, {}).items()]
    written = [_statements(name, it, has_role=True) for name, it in fences]
    return tuple(it.as_string() for statements in written for it in statements)


def fences_noted(note: object) -> tuple[int, bool]:
    """Read from the note which version of the fences there is, and whether the role is let in."""
    found = _NOTE.fullmatch(str(note or ""))
    return (int(found[1]), bool(found[2])) if found else (0, False)


def _has_role(server: _Server) -> bool:
    return bool(_first(server, _HAS_ROLE, ROLE))


def _statements(name: str, fence: Fence, *, has_role: bool) -> Iterator[sql.Composable]:
    table, role = sql.Identifier(name), sql.Identifier(ROLE)
    yield sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table)
    for policy, command, rows in (("mine", "ALL", fence.mine), ("seen", "SELECT", fence.seen)):
        named = sql.Identifier(policy)
        yield sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(named, table)
        if rows:
            begun = sql.SQL("CREATE POLICY {} ON {} FOR {} USING (").format(
                named, table, sql.SQL(command)
            )
            yield sql.Composed([begun, sql.SQL(rows), sql.SQL(")")])
    if has_role:
        yield sql.SQL("REVOKE ALL ON {} FROM {}").format(table, role)
        if fence.grants:
            yield sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(fence.grants), table, role)


def _count_for_all(server: _Server) -> None:
    """Let triggers that count changes count as the owner of the tables, who sees all of them."""
    there = {name for (name,) in server.execute(_FUNCTIONS)}
    for name in there.intersection(_COUNTING):
        server.execute(
            sql.SQL("ALTER FUNCTION {}() SECURITY DEFINER SET search_path = {}, pg_temp").format(
                sql.Identifier(name), sql.Identifier(_first(server, "SELECT current_schema()"))
            )
        )


def _first(server: _Server, asked: str, *args: str) -> Any:  # noqa: ANN401 - of whatever column
    row = server.execute(asked.encode(), args or None).fetchone()
    return row[0] if row else None
