"""Several of some words in an order, such as days, as people write them: `mon-fri,sun`. Pure.

Kept as a number with a bit for each word, because compiled code knows only numbers.
"""

from drawbridge.core.errors import BadInput

_LONG_RUN = 3


def read_members(field: str, names: tuple[str, ...], text: str) -> int:
    """Read some of the names, each or from one to another; the last may stand before the first.

    Raises: `BadInput("not_of_these")` naming the field.
    """
    bits = 0
    for part in text.lower().replace(",", " ").split():
        first, dash, last = part.partition("-")
        if first not in names or (dash and last not in names):
            raise _refusal(field, names)
        at, end = names.index(first), names.index(last if dash else first)
        for step in range((end - at) % len(names) + 1):
            bits |= 1 << (at + step) % len(names)
    if not bits:
        raise _refusal(field, names)
    return bits


def tell_members(names: tuple[str, ...], bits: int) -> str:
    """Write the names as `read_members` reads them, three and more in a row with a dash."""
    runs: list[list[str]] = [[]]
    for at, name in enumerate(names):
        if bits >> at & 1:
            runs[-1].append(name)
        elif runs[-1]:
            runs.append([])
    return ",".join(_told(run) for run in runs if run)


def split_members(text: str) -> tuple[tuple[str, ...], ...]:
    """Give what was told part by part: a name alone, or the first and the last of several."""
    return tuple(tuple(part.split("-")) for part in text.split(",") if part)


def _told(run: list[str]) -> str:
    return f"{run[0]}-{run[-1]}" if len(run) >= _LONG_RUN else ",".join(run)


def _refusal(field: str, names: tuple[str, ...]) -> BadInput:
    example = f"{names[0]}-{names[len(names) * 2 // 3]}"
    return BadInput("not_of_these", field=field, known=names, example=example)
