"""Bytes to text: which encoding a file is in, and a UTF-8 copy for DuckDB where it is in another."""

from __future__ import annotations

import codecs
import contextlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.recipe import Encoding

CHUNK = 4 * 2**20  # bytes read at a time
CHECKED_FOR_UTF8 = 256 * 2**20  # bytes; later ones are checked by the reader itself
HEAD = 64 * 2**10  # bytes looked at for zero bytes and file signatures
ZERO_SHARE_OF_UTF16 = 0.3  # of every second byte, in text that is mostly Latin
ZERO_SHARE_OF_NO_TEXT, FEW_ZEROS = 0.1, 3  # more zero bytes than either: no text
CONTROL_SHARE_OF_NO_TEXT = 0.02  # of the bytes of what is no UTF-8 either
_CONTROLS = [bytes([code]) for code in range(0x20) if code not in b"\t\n\v\f\r\x1a\x1b\0"]
PYTHON_CODEC: dict[Encoding, str] = {
    "utf-8": "utf-8-sig",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "windows-1252": "cp1252",
    "latin-1": "latin-1",
}
ENCODING_TITLES: dict[Encoding, str] = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 (LE)",
    "utf-16-be": "UTF-16 (BE)",
    "windows-1252": "Windows-1252",
    "latin-1": "Latin-1",
}
LETTERS_OF_TEXT = 0.95  # of the characters
LAST_LETTER = "\u2fff"  # of alphabets: chance makes signs of Chinese
_OF_UTF8 = re.compile("[ÂÃ][\u0080-¿€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")  # a letter's two bytes in UTF-8
_NO_LETTER = re.compile("[\u0080-\u0084\u0086-\u009f]")
_UNDEFINED_IN_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_SIGNATURES = (
    (b"SQLite format 3", "is a database; export the table as CSV first"),
    (b"%PDF", "is a PDF document; it holds no table that can be read"),
    (b"\x89PNG", "is a picture; it holds no table that can be read"),
    (b"BZh", "is compressed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "is compressed with xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd; unpack it first"),
)
_LANGUAGES = (
    (
        re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html\b|(head|body|table)\b[^,;\t|\n>]*>\s*<)", re.IGNORECASE),
        "is a web page, whatever its name. Open it in a spreadsheet program and save it as .xlsx or CSV",
    ),
    (re.compile(rb"(\xef\xbb\xbf)?\s*<\?xml\b"), "holds XML, which is no table. Export it as CSV"),
    (re.compile(rb"(\xef\xbb\xbf)?\s*(\[\s*)?\{\s*\""), "holds JSON, which is no table. Convert it to CSV"),
    (re.compile(rb"(\xef\xbb\xbf)?\s*\[\s*\["), "holds JSON, which is no table. Convert it to CSV"),
)
GLOB_SIGNS = "*?["  # DuckDB reads data[1].csv as a pattern, and silently opens data1.csv


def check_file(path: str | Path) -> Path:
    """Return the absolute path of a readable, non-empty file that may be a table.

    Raises
    ------
    DataError
        When there is no such file, it is a folder, cannot be opened, is empty, or is plainly no table.
    """
    file = Path(path).expanduser().absolute()
    try:
        if not file.exists():
            raise DataError(f"There is no file {file}. Check the path.")
        if file.is_dir():
            raise DataError(f"{file} is a folder. Choose a file.")
        if not file.is_file():
            raise DataError(f"{file} is not an ordinary file. Choose a table.")
        with file.open("rb") as stream:
            head = stream.read(HEAD)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{file} cannot be opened: {reason}.") from None
    if not head.strip(b"\r\n \t\0\xef\xbb\xbf\xff\xfe"):
        raise DataError(f"{file.name} is empty. Choose a table with a header and at least a few rows.")
    for signature, advice in _SIGNATURES:
        if head.startswith(signature):
            raise DataError(f"{file.name} {advice}.")
    for pattern, advice in _LANGUAGES:
        if pattern.match(head):
            raise DataError(f"{file.name} {advice}.")
    return file


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
    return "latin-1" if _UNDEFINED_IN_1252.search(head) else "windows-1252"


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


@contextlib.contextmanager
def utf8_copy(path: Path, encoding: Encoding, *, cancelled: Callable[[], bool] | None = None) -> Iterator[Path]:
    """Give the path of a temporary UTF-8 copy of a file, removed at the end.

    Raises
    ------
    DataError
        When the bytes are not in the encoding, or the disk is full.
    Cancelled
        When ``cancelled`` returns true.
    """
    with tempfile.TemporaryDirectory(prefix="nnstudio-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "table.csv"
        try:
            with (
                path.open(encoding=PYTHON_CODEC[encoding], newline="") as source,
                copy.open("w", encoding="utf-8", newline="") as sink,
            ):
                first = True
                while text := source.read(CHUNK):
                    if cancelled is not None and cancelled():
                        raise Cancelled
                    if first and encoding != "utf-8":  # whose codec takes the mark itself
                        text = text.removeprefix("\ufeff")
                    # A second mark is text, and what reads the copy takes the first.
                    sink.write(f"\ufeff{text}" if first and text.startswith("\ufeff") else text)
                    first = False
        except UnicodeError:
            raise wrong_encoding(path, encoding) from None
        except OSError as error:
            raise DataError(f"{path.name} could not be copied for reading: {error.strerror or error}.") from None
        yield copy


@contextlib.contextmanager
def without_pattern(file: Path) -> Iterator[Path]:
    """Give a path that DuckDB does not take for a pattern: the file's own, or that of a temporary copy.

    Raises
    ------
    DataError
        When the disk is full.
    """
    if not any(sign in str(file) for sign in GLOB_SIGNS):
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="nnstudio-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "table"
        try:
            shutil.copyfile(file, copy)
        except OSError as error:
            raise DataError(f"{file.name} could not be copied for reading: {error.strerror or error}.") from None
        yield copy


def wrong_encoding(path: Path, encoding: Encoding, row: int | None = None) -> DataError:
    """Return the error for a file that is not in the encoding that was chosen."""
    where = f" in row {row:,}" if row else ""
    return DataError(
        f"{path.name} has characters{where} that are not {ENCODING_TITLES[encoding]}. "
        "Choose another encoding, for example Windows-1252."
    )
