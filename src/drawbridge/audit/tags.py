"""What can be told in the audit log, as `source:subject:action`.

A tag is never renamed once released: old events keep it for ever.
"""

from enum import StrEnum


class Tag(StrEnum):
    """All tags; a part that has something to tell adds its own here."""

    ACCOUNT_OWNER_CREATED = "account:owner:created"
    ACCOUNT_PASSWORD_CHANGED = "account:password:changed"  # noqa: S105  the name of an event
    ACCOUNT_LANGUAGE_CHOSEN = "account:language:chosen"
    ACCOUNT_TELEGRAM_CODE_DRAWN = "account:telegram:code_drawn"
    ACCOUNT_TELEGRAM_LINKED = "account:telegram:linked"
    ACCOUNT_TELEGRAM_UNLINKED = "account:telegram:unlinked"
    ACCOUNT_TOKEN_MADE = "account:token:made"  # noqa: S105  the name of an event
    ACCOUNT_TOKEN_REVOKED = "account:token:revoked"  # noqa: S105  the name of an event
    ACCOUNT_PASSKEY_ADDED = "account:passkey:added"
    ACCOUNT_PASSKEY_REMOVED = "account:passkey:removed"
    ACCOUNT_SESSION_STARTED = "account:session:started"
    ACCOUNT_SESSION_REFUSED = "account:session:refused"
    ACCOUNT_SESSION_ENDED = "account:session:ended"
    ACCOUNT_SECOND_FACTOR_STARTED = "account:second_factor:started"
    ACCOUNT_SECOND_FACTOR_CONFIRMED = "account:second_factor:confirmed"
    ACCOUNT_SECOND_FACTOR_REMOVED = "account:second_factor:removed"
    ACCOUNT_RECOVERY_CODE_RENEWED = "account:recovery_code:renewed"
    ACCOUNT_RECOVERY_CODE_USED = "account:recovery_code:used"

    PEOPLE_INVITATION_MADE = "people:invitation:made"
    PEOPLE_INVITATION_WITHDRAWN = "people:invitation:withdrawn"
    PEOPLE_INVITATION_USED = "people:invitation:used"
    PEOPLE_ROLE_CHANGED = "people:role:changed"
    PEOPLE_SESSIONS_ENDED = "people:sessions:ended"
    PEOPLE_PERSON_ENDED = "people:person:ended"
    PEOPLE_PERSON_LET_BACK = "people:person:let_back"

    VAULT_KEYRING_CREATED = "vault:keyring:created"
    VAULT_KEYRING_UNLOCKED = "vault:keyring:unlocked"
    VAULT_KEYRING_REFUSED = "vault:keyring:refused"
    VAULT_KEYRING_ROTATED = "vault:keyring:rotated"
    VAULT_KEYRING_KEPT_ELSEWHERE = "vault:keyring:kept_elsewhere"
    VAULT_KEYRING_RESEALED = "vault:keyring:resealed"
    VAULT_KEYRING_OLD_DESTROYED = "vault:keyring:old_destroyed"
    VAULT_KEY_ADDED = "vault:key:added"
    VAULT_KEY_RESEALED = "vault:key:resealed"
    VAULT_KEY_CHECK_REQUESTED = "vault:key:check_requested"
    VAULT_KEY_CHECKED = "vault:key:checked"
    VAULT_KEY_REFUSED = "vault:key:refused"
    VAULT_KEY_DISABLED = "vault:key:disabled"
    VAULT_KEY_LEAKED = "vault:key:leaked"
    VAULT_LOT_FROZEN = "vault:lot:frozen"
    VAULT_KEY_ENABLED = "vault:key:enabled"
    VAULT_KEY_DELETED = "vault:key:deleted"
    VAULT_KEY_DATED = "vault:key:dated"
    VAULT_KEY_KIN_PROVEN = "vault:key:kin_proven"
    VAULT_KEY_RIGHTS_GREW = "vault:key:rights_grew"
    VAULT_SECRET_OPENED = "vault:secret:opened"  # noqa: S105  the name of an event
    VAULT_SECRET_DAMAGED = "vault:secret:damaged"  # noqa: S105  the name of an event

    VIRTUAL_KEYS_KEY_MADE = "virtual_keys:key:made"
    VIRTUAL_KEYS_KEY_NARROWED = "virtual_keys:key:narrowed"
    VIRTUAL_KEYS_KEY_REVOKED = "virtual_keys:key:revoked"
    VIRTUAL_KEYS_REQUEST_REFUSED = "virtual_keys:request:refused"

    ROTATION_REPLACEMENT_BEGUN = "rotation:replacement:begun"
    ROTATION_REPLACEMENT_ACTED = "rotation:replacement:acted"
    ROTATION_KEY_SWITCHED = "rotation:key:switched"
    ROTATION_KEY_TURNED_BACK = "rotation:key:turned_back"
    ROTATION_OLD_KEY_DEAD = "rotation:old_key:dead"

    ROBOTS_ROBOT_CREATED = "robots:robot:created"
    ROBOTS_ROBOT_START_WISHED = "robots:robot:start_wished"
    ROBOTS_ROBOT_STARTED = "robots:robot:started"
    ROBOTS_ROBOT_STOP_WISHED = "robots:robot:stop_wished"
    ROBOTS_ROBOT_STOPPED = "robots:robot:stopped"
    ROBOTS_ROBOT_PAUSED = "robots:robot:paused"
    ROBOTS_ROBOT_RESUMED = "robots:robot:resumed"
    ROBOTS_ROBOT_DELETED = "robots:robot:deleted"
    ROBOTS_ROBOT_ACCOUNT_ADDED = "robots:robot:account_added"
    ROBOTS_ROBOT_ACCOUNT_REMOVED = "robots:robot:account_removed"

    TRADING_LIMITS_SET = "trading:limits:set"
    TRADING_LIMITS_CLEARED = "trading:limits:cleared"
    TRADING_STOP_BEGUN = "trading:stop:begun"
    TRADING_STOP_ENDED = "trading:stop:ended"
    TRADING_HOOK_MADE = "trading:hook:made"
    TRADING_HOOK_REMOVED = "trading:hook:removed"

    LICENCES_LICENCE_ADDED = "licences:licence:added"
    LICENCES_LICENCE_ASKED = "licences:licence:asked"
    LICENCES_LIST_TAKEN = "licences:list:taken"

    APPROVALS_APPROVAL_ASKED = "approvals:approval:asked"
    APPROVALS_APPROVAL_GIVEN = "approvals:approval:given"
    APPROVALS_APPROVAL_DECLINED = "approvals:approval:declined"
    APPROVALS_APPROVAL_ENDED = "approvals:approval:ended"

    BACKUP_KEY_MADE = "backup:key:made"
    BACKUP_BACKUP_MADE = "backup:backup:made"
    BACKUP_BACKUP_RESTORED = "backup:backup:restored"

    NOTICES_CHANNEL_SET = "notices:channel:set"
