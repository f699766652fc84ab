"""A licence as people read it, and as programs do; the same for page, chat and command line."""

from drawbridge.licences.model import Feature
from drawbridge.licences.service import Shown
from drawbridge.wording.say import say


def told_of(shown: Shown) -> dict[str, object]:
    """Write how a licence stands, as scripts read it.

    Shape: `{"state", "reason", "lets_trade", "problem", "licence", "lease", "keys"}`.
    """
    known = shown.known
    licence = None if known is None else known.licence
    lease = None if known is None else known.lease
    return {
        "state": shown.state,
        "reason": shown.reason,
        "lets_trade": shown.lets_trade,
        "problem": shown.problem,
        "licence": None
        if licence is None
        else {
            "id": licence.id,
            "holder": licence.holder,
            "slots": licence.slots,
            "features": licence.features,
            "expires_ms": licence.expires_ms,
        },
        "lease": None
        if lease is None
        else {
            "used_slots": lease.used_slots,
            "ends_ms": lease.ends_ms,
            "grace_ends_ms": lease.grace_ends_ms,
        },
        "keys": [
            {"id": it.key.id, "label": it.key.label, "place": it.place, "reason": it.reason}
            for it in shown.keys
        ],
    }


def fields_of(shown: Shown) -> dict[str, str]:
    """Give what a licence says, by names that people read."""
    known = shown.known
    if known is None:
        return {}
    licence, lease = known.licence, known.lease
    features = [say(f"licence.feature.{it}") for it in Feature if it in licence.features]
    fields = {
        say("licence.holder"): licence.holder,
        say("licence.covers"): say("licence.list", names=features),
        say("licence.ends"): say("licence.never")
        if licence.expires_ms is None
        else say("licence.at", at_ms=licence.expires_ms),
    }
    used = 0 if lease is None else lease.used_slots
    fields[say("licence.slots")] = say("licence.slots_used", used=used, count=licence.slots)
    if lease is not None:
        fields[say("licence.lease")] = say("licence.at", at_ms=lease.ends_ms)
        fields[say("licence.grace")] = say("licence.at", at_ms=lease.grace_ends_ms)
    return fields
