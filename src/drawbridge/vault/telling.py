"""What a key's check found, told twice in its transaction: to the audit log and to its owner."""

from collections.abc import Mapping
from typing import Final

from drawbridge.audit.chain import AuditEvent, Fact
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.catalogue.registry import get_card
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.storage.database import Transaction
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing

_EXPIRED: Final = "key_expired"
# Every other end of a check is told as one that has ended.
_KINDS: Final[Mapping[KeyStatus, NoticeKind]] = {
    KeyStatus.INVALID: NoticeKind.KEY_INVALID,
    KeyStatus.REFUSED: NoticeKind.KEY_REFUSED,
}


async def tell_verdict(tx: Transaction, key: KeyRecord, standing: Standing, now_ms: int) -> None:
    """Tell where a key stands now, and why."""
    facts: dict[str, Fact] = {"reason": standing.reason}
    if standing.status is KeyStatus.REFUSED:
        event = AuditEvent(Tag.VAULT_KEY_REFUSED, key.owner, key.id, facts)
    else:
        facts = {"status": standing.status.value, **facts}
        event = AuditEvent(Tag.VAULT_KEY_CHECKED, key.owner, key.id, facts)
    await append(tx, event, now_ms)
    if key.replaces:
        # What becomes of the replacement is told by whoever carries it out, under the key's name.
        return
    told: dict[str, object] = {"label": key.label, "exchange": get_card(key.exchange).name}
    if standing.reason:
        told |= {"reason": standing.reason, "about": standing.facts}
    kind = _KINDS.get(standing.status, NoticeKind.KEY_CHECKED)
    if kind is NoticeKind.KEY_INVALID and standing.reason == _EXPIRED:
        kind = NoticeKind.KEY_EXPIRED
    if kind is NoticeKind.KEY_REFUSED and key.scopes:
        # It was good once: somebody has given it a right that none of ours may have.
        kind = NoticeKind.KEY_RIGHTS_GREW
        told["switches"] = standing.facts.get("switches", "")
    await tell(tx, Notice(kind, key.owner, key.id, told), now_ms)
