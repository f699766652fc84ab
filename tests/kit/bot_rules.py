"""What the Bot API takes as a text, as buttons and as a picture. Strict where Telegram is."""

import json
from typing import Final

from tests.kit.bot_wire import Form, Refused

_MOST_LETTERS: Final = 4_096
_MOST_DATA_BYTES: Final = 64
_MOST_BUTTONS: Final = 100
_LONGEST_CAPTION: Final = 1_024
_LARGEST_PHOTO: Final = 10 * 1_024 * 1_024
_PNG: Final = b"\x89PNG\r\n\x1a\n"


def text_of(form: Form) -> str:
    """Give the text of a message."""
    text = form["text"]
    if not text.strip():
        raise Refused(400, "Bad Request: message text is empty")
    # Telegram counts in UTF-16.
    if len(text.encode("utf-16-le")) // 2 > _MOST_LETTERS:
        raise Refused(400, "Bad Request: message is too long")
    preview = json.loads(form.get("link_preview_options", "{}"))
    assert set(preview) <= {"is_disabled", "url", "prefer_small_media", "prefer_large_media"}
    return text.strip()


def buttons_of(form: Form) -> list[list[dict[str, str]]]:
    """Give the buttons of a message."""
    markup = json.loads(form.get("reply_markup", "{}"))
    if not markup:
        return []
    if set(markup) != {"inline_keyboard"}:
        raise Refused(400, "Bad Request: object expected as reply markup")
    rows: list[list[dict[str, str]]] = markup["inline_keyboard"]
    buttons = [one for row in rows for one in row]
    if len(buttons) > _MOST_BUTTONS:
        raise Refused(400, "Bad Request: reply markup is too long")
    for one in buttons:
        if set(one) != {"text", "callback_data"} or not one["text"].strip():
            raise Refused(400, "Bad Request: can't parse inline keyboard button")
        if not 1 <= len(one["callback_data"].encode()) <= _MOST_DATA_BYTES:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return rows


def photo_of(form: Form) -> tuple[bytes, str]:
    """Give a picture and what stands under it."""
    photo, caption = form["photo"].encode("latin-1"), form.get("caption", "")
    if not photo.startswith(_PNG) or len(photo) > _LARGEST_PHOTO:
        raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
    if len(caption.encode("utf-16-le")) // 2 > _LONGEST_CAPTION:
        raise Refused(400, "Bad Request: message caption is too long")
    return photo, caption
