"""A claim on all accounts whose end a test decides."""

from dataclasses import dataclass

LONG_MS = 60_000


@dataclass
class EndingShare:
    """Ends at once, or when it is asked for the n-th time."""

    left_ms: int = LONG_MS
    ends_at_look: int | None = None
    looks: int = 0

    def time_left_ms(self, key_id: str) -> int | None:
        assert key_id
        self.looks += 1
        if self.looks == self.ends_at_look:
            self.left_ms = 0
        return self.left_ms

    def held_for_ms(self, key_id: str) -> int | None:
        assert key_id
        return None

    def renew(self) -> None:
        """Hold everything for a while, and count anew."""
        self.left_ms, self.ends_at_look, self.looks = LONG_MS, None, 0
