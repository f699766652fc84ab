"""Look through the memory of a process for a text that should not be there (Linux)."""

from collections.abc import Iterator
from io import RawIOBase
from pathlib import Path

_CHUNK = 4 * 1024 * 1024


def count_in_memory(pid: int, text: str) -> int:
    """Count the places where the text stands, as UTF-8 and as the interpreter keeps it."""
    wanted = text.encode()
    return sum(part.count(wanted) for part in _parts(pid, len(wanted)))


def find_in_memory(pid: int, wanted: tuple[bytes, ...]) -> set[bytes]:
    """Give those of the byte strings that stand anywhere, in one walk."""
    longest = max(len(each) for each in wanted)
    return {each for part in _parts(pid, longest) for each in wanted if each in part}


def _parts(pid: int, overlap: int) -> Iterator[bytes]:
    """Give all readable memory in pieces that overlap, so that no text is cut in two."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end in _areas(pid):
            for at in range(start, end, _CHUNK):
                yield _read(memory, at, min(_CHUNK + overlap, end - at))


def _read(memory: RawIOBase, at: int, length: int) -> bytes:
    """Read a piece; areas that the kernel keeps for itself give nothing."""
    try:
        memory.seek(at)
        return memory.read(length) or b""
    except OSError:
        return b""


def _areas(pid: int) -> Iterator[tuple[int, int]]:
    for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        place, rights, *rest = line.split()
        if "r" in rights and "w" in rights and not (rest and rest[-1].startswith("[vv")):
            start, _, end = place.partition("-")
            yield int(start, 16), int(end, 16)
