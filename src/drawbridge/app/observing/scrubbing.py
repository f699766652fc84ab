"""Take out of a text what may be a secret, before it becomes a line of a log.

The last guard, not the first: a `Secret` prints its mask and the facts of errors hold none. This
is for what libraries say by themselves: addresses with tokens in them, headers, long random signs.
"""

import re
from typing import Final

from drawbridge.core.secret import MASK

_MOST_SIGNS: Final = 2_000

# Tokens stand in paths too (those of bots, hooks and streams), so that only the host is told.
_ADDRESS: Final = re.compile(
    r"\b(?P<scheme>[a-z][a-z0-9+.\-]{1,15})://(?:[^\s/?#@]*@)?(?P<host>[^\s/?#@\"'<>]+)[^\s\"'<>]*",
    re.IGNORECASE,
)
_PATH_TAIL: Final = re.compile(r"(?<=[\w/])\?[^\s\"'<>]*=[^\s\"'<>]*")
_NAMED: Final = re.compile(
    r"(?P<name>[\w\-]*(?:authorization|api[_-]?key|access[_-]?key|sign(?:ature)?|passphrase|"
    r"password|passwd|secret|token|cookie|nonce|payload|credential)s?)"
    r"(?P<between>[\"']?\s*[:=]\s*)"
    r"(?:[\"'][^\"']*[\"']|(?:(?:bearer|basic|digest|hmac)\s+)?[^\s,;)}\]]+)",
    re.IGNORECASE,
)
_BEARER: Final = re.compile(r"\b(bearer|basic)\s+[\w+/=.~\-]{8,}", re.IGNORECASE)
# Longer than our own ids (a short word and 16 signs) and than slugs, which have no digits.
_RANDOM: Final = re.compile(
    r"(?<![\w+/=\-])(?=[\w+/=\-]*\d)(?=[\w+/=\-]*[A-Za-z])[\w+/=\-]{30,}(?![\w+/=\-])"
)
_BLOCK: Final = re.compile(r"-----BEGIN [^-]+-----.*?(?:-----END [^-]+-----|\Z)", re.DOTALL)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


def scrub(text: str) -> str:
    """Give the text on one line, without what looks like a secret.

    Covers: addresses beyond their host, queries, values of headers and fields whose name says
    that they are secret, long random words, PEM blocks, signs that steer a terminal.
    """
    text = text[:_MOST_SIGNS]
    text = _BLOCK.sub(MASK, text)
    text = _CONTROL.sub(" ", text)
    text = _ADDRESS.sub(r"\g<scheme>://\g<host>/…", text)
    text = _PATH_TAIL.sub(f"?{MASK}", text)
    text = _NAMED.sub(rf"\g<name>\g<between>{MASK}", text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    return _RANDOM.sub(MASK, text)
