"""Bytes to text: the encodings there are, what is plainly no text, and a UTF-8 copy for DuckDB of another encoding."""

from __future__ import annotations

import codecs
import contextlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.recipe import Encoding

CHUNK = 4 * 2**20  # bytes read at a time
HEAD = 64 * 2**10  # bytes looked at for file signatures
ENCODING_TITLES: dict[Encoding, str] = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 (LE)",
    "utf-16-be": "UTF-16 (BE)",
    "windows-1252": "Windows-1252",
    "latin-1": "Latin-1",
    "windows-1250": "Windows-1250 (Central Europe)",
    "windows-1251": "Windows-1251 (Cyrillic)",
    "windows-1253": "Windows-1253 (Greek)",
    "windows-1254": "Windows-1254 (Turkish)",
    "windows-1255": "Windows-1255 (Hebrew)",
    "windows-1256": "Windows-1256 (Arabic)",
    "windows-1257": "Windows-1257 (Baltic)",
    "windows-874": "Windows-874 (Thai)",
    "koi8-r": "KOI8-R (Russian)",
    "cp866": "DOS 866 (Russian)",
    "shift-jis": "Shift JIS (Japanese)",
    "euc-jp": "EUC-JP (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese, Taiwan)",
    "euc-kr": "EUC-KR (Korean)",
    "mac-roman": "Mac Roman",
    "cp850": "DOS 850 (Western Europe)",
}
PYTHON_CODEC: dict[Encoding, str] = {encoding: encoding for encoding in ENCODING_TITLES}
PYTHON_CODEC |= {
    "utf-8": "utf-8-sig",
    "windows-874": "cp874",
    "shift-jis": "cp932",  # as Windows writes them: with signs that the standards lack
    "euc-kr": "cp949",
}
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
            with path.open("rb") as source, copy.open("w", encoding="utf-8", newline="") as sink:
                for block, text in enumerate(_decoded(path, source, encoding)):
                    if cancelled is not None and cancelled():
                        raise Cancelled
                    # A second mark is text, and what reads the copy takes the first.
                    sink.write(f"\ufeff{text}" if block == 0 and text.startswith("\ufeff") else text)
        except OSError as error:
            raise DataError(f"{path.name} could not be copied for reading: {error.strerror or error}.") from None
        yield copy


def _decoded(path: Path, source: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """Give a file's text in blocks, without its byte order mark; end in an error that names the line that is none."""
    decoder = codecs.getincrementaldecoder(PYTHON_CODEC[encoding])()
    lines, marked = 1, encoding != "utf-8"  # whose codec takes the mark itself
    while True:
        block = source.read(CHUNK)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            readable = error.object[: error.start].decode(PYTHON_CODEC[encoding], errors="replace")
            raise wrong_encoding(path, encoding, f"line {lines + _line_ends(readable):,}") from None
        lines += _line_ends(text)
        if marked and text:
            text, marked = text.removeprefix("\ufeff"), False
        yield text
        if not block:
            return


def _line_ends(text: str) -> int:
    return text.count("\n") or text.count("\r")


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


def wrong_encoding(path: Path, encoding: Encoding, where: str = "") -> DataError:
    """Return the error for a file that is not in the encoding that was chosen; ``where`` is such as ``row 3``."""
    place = f" in {where}" if where else ""
    other = ENCODING_TITLES["latin-1" if encoding == "windows-1252" else "windows-1252"]
    return DataError(
        f"{path.name} has characters{place} that are not {ENCODING_TITLES[encoding]}. "
        f"Choose another encoding, for example {other}."
    )
