"""All SQL of passkeys and their challenges."""

from dataclasses import dataclass

from drawbridge.storage.database import Database, Row, Transaction


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it; `host` is the name of the site that it is for."""

    id: str
    owner: str
    name: str
    host: str
    created_ms: int
    used_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What proves a passkey: its public key, and how often its device says that it signed."""

    id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A passkey with what proves it."""

    passkey: Passkey
    credential: Credential


async def list_kept(source: Database | Transaction, owner: str) -> tuple[Kept, ...]:
    """List a person's passkeys, the newest first."""
    rows = await source.fetch_all(
        "SELECT * FROM passkeys WHERE owner = ? ORDER BY created_ms DESC, id", owner
    )
    return tuple(_kept(row) for row in rows)


async def find_kept(source: Database | Transaction, credential_id: bytes) -> Kept | None:
    """Find the passkey of a credential."""
    row = await source.fetch_one("SELECT * FROM passkeys WHERE credential_id = ?", credential_id)
    return _kept(row) if row else None


async def insert_passkey(tx: Transaction, passkey: Passkey, credential: Credential) -> None:
    """Write a new passkey. Raises: `Conflict("row_exists")` for a credential that is known."""
    await tx.execute(
        "INSERT INTO passkeys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(passkey.id, passkey.owner, credential.id, credential.public_key, credential.sign_count),
        *(passkey.name, passkey.host, passkey.created_ms, passkey.used_ms),
    )


async def use_passkey(tx: Transaction, kept: Kept, sign_count: int, now_ms: int) -> bool:
    """Write a use down; False when the passkey was used or removed since it was read."""
    return bool(
        await tx.execute(
            "UPDATE passkeys SET sign_count = ?, used_ms = ? WHERE id = ? AND sign_count = ?",
            *(sign_count, now_ms, kept.passkey.id, kept.credential.sign_count),
        )
    )


async def delete_passkey(tx: Transaction, owner: str, passkey_id: str) -> str | None:
    """Take a person's passkey away and give its name; None when there is none."""
    sql = "DELETE FROM passkeys WHERE owner = ? AND id = ? RETURNING name"
    row = await tx.fetch_one(sql, owner, passkey_id)
    return str(row["name"]) if row else None


async def forget_challenges(tx: Transaction, now_ms: int) -> None:
    """Forget those that nobody answered in time."""
    await tx.execute("DELETE FROM passkey_challenges WHERE until_ms <= ?", now_ms)


async def put_challenge(
    tx: Transaction, visitor: bytes, purpose: str, challenge: bytes, until_ms: int
) -> None:
    """Write a challenge in place of the browser's earlier one for the same purpose."""
    await tx.execute(
        "INSERT INTO passkey_challenges VALUES (?, ?, ?, ?) ON CONFLICT (visitor, purpose)"
        " DO UPDATE SET challenge = excluded.challenge, until_ms = excluded.until_ms",
        *(visitor, purpose, challenge, until_ms),
    )


async def take_challenge(
    tx: Transaction, visitor: bytes, purpose: str, now_ms: int
) -> bytes | None:
    """Take a challenge, which nobody can take again; None when it is too old or there is none."""
    sql = "DELETE FROM passkey_challenges WHERE visitor = ? AND purpose = ?"
    row = await tx.fetch_one(f"{sql} RETURNING challenge, until_ms", visitor, purpose)
    if row is None or row["until_ms"] <= now_ms:
        return None
    return bytes(row["challenge"])


def _kept(row: Row) -> Kept:
    passkey = Passkey(
        id=row["id"],
        owner=row["owner"],
        name=row["name"],
        host=row["host"],
        created_ms=row["created_ms"],
        used_ms=row["used_ms"],
    )
    return Kept(passkey, Credential(row["credential_id"], row["public_key"], row["sign_count"]))
