"""Which encoding a text is in: by its byte order mark, by its bytes, or, where it is in a code page, by its words."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from nnstudio.data.detecting.code_pages import foreign_words, guess_code_page
from nnstudio.data.errors import DataError
from nnstudio.data.reading.encoding import CHUNK, ENCODING_TITLES, HEAD
from nnstudio.data.recipe import Encoding, listed, one_line
from nnstudio.data.table import shortened

CHECKED_FOR_UTF8 = 256 * 2**20  # bytes; later ones are checked by the reader itself
ZERO_SHARE_OF_UTF16 = 0.3  # of every second byte, in text that is mostly Latin
ZERO_SHARE_OF_NO_TEXT, FEW_ZEROS = 0.1, 3  # more zero bytes than either: no text
CONTROL_SHARE_OF_NO_TEXT = 0.02  # of the bytes of what is no UTF-8 either
LETTERS_OF_TEXT = 0.95  # of the characters
LAST_LETTER = "\u2fff"  # of alphabets: chance makes signs of Chinese
WORDS_SHOWN = 3  # in a note
_CONTROLS = [bytes([code]) for code in range(0x20) if code not in b"\t\n\v\f\r\x1a\x1b\0"]
_OF_UTF8 = re.compile("[ÂÃ][\u0080-¿€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")  # a letter's two bytes in UTF-8
_UNDEFINED_IN_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_NO_LETTER = re.compile("[\u0080-\u0084\u0086-\u009f]")


def detect_encoding(path: Path) -> Encoding:
    """Return the encoding of a text file, from its byte order mark or from its bytes.

    Raises
    ------
    DataError
        When the bytes are no text.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise DataError(f"{path.name} is in UTF-32, which is not supported. Save it as UTF-8.")
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return encoding  # type: ignore[return-value]
    pairs = max(1, len(head) // 2)
    even, odd = head[0::2].count(0) / pairs, head[1::2].count(0) / pairs
    if odd > ZERO_SHARE_OF_UTF16 and odd > 4 * even:
        return "utf-16-le"
    if even > ZERO_SHARE_OF_UTF16 and even > 4 * odd:
        return "utf-16-be"
    if head.count(0) > max(FEW_ZEROS, ZERO_SHARE_OF_NO_TEXT * len(head)):
        raise DataError(f"{path.name} does not hold text. Choose a CSV file.")
    controls = sum(map(head.count, _CONTROLS)) > CONTROL_SHARE_OF_NO_TEXT * len(head)
    if controls and (wide := _without_mark(head)):
        return wide
    if _is_utf8(path):
        return "utf-8"
    if controls:
        raise DataError(f"{path.name} does not hold text. Choose a CSV file.")
    return guess_code_page(path) or ("latin-1" if _UNDEFINED_IN_1252.search(head) else "windows-1252")


def _without_mark(head: bytes) -> Encoding | None:
    """Return in which order two bytes make a letter, where bytes full of control characters are text so."""
    wide: tuple[Encoding, ...] = ("utf-16-le", "utf-16-be")
    for encoding in wide:
        text = head[: len(head) // 2 * 2].decode(encoding, errors="replace")
        ends = text.count("\n")
        if ends and sum(map(_is_letter, text)) >= LETTERS_OF_TEXT * len(text):
            return encoding
    return None


def _is_letter(sign: str) -> bool:
    return sign in "\r\n\t" or (sign.isprintable() and sign < LAST_LETTER)


def encoding_note(text: str, encoding: Encoding) -> str:
    """Return in which encoding a text is read, with some of its words where bytes alone cannot prove it."""
    title = ENCODING_TITLES[encoding]
    words = [] if encoding.startswith("utf") else foreign_words(text, WORDS_SHOWN)
    if not words:
        return f"The file is read as {title}."
    shown = listed([one_line(shortened(word)) for word in words])
    return f"The file is read as {title}: {shown}. Choose another encoding where words look wrong."


def encoding_doubt(text: str, encoding: Encoding) -> str:
    """Return what speaks against the encoding of a file's first text; empty where nothing does."""
    if encoding not in ("windows-1252", "latin-1"):
        return ""
    if (found := _OF_UTF8.search(text)) is not None:
        return (
            f"Signs such as {found[0]!r} look like letters in UTF-8, which not all rows are in. Choose UTF-8 to be "
            "told which row is not."
        )
    if (found := _NO_LETTER.search(text)) is not None:
        return (
            f"It holds signs that no text has, such as {found[0]!r}: it is in another encoding, and its letters "
            "arrive wrong. Save it as UTF-8."
        )
    return ""


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    read = 0
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                decoder.decode(chunk)
                read += len(chunk)
                if read >= CHECKED_FOR_UTF8:
                    return True
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
