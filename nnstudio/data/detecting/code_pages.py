"""Which code page a text of single bytes or Asian signs is in: the one in which its words look like words."""

from __future__ import annotations

import codecs
import functools
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from nnstudio.data.reading.encoding import ENCODING_TITLES, PYTHON_CODEC
from nnstudio.data.recipe import Encoding

LOOKED_THROUGH = 64 * 2**20  # bytes, in which words beyond ASCII are looked for
BLOCK = 2**16
MOST_TAKEN_APART = 4 * 2**20  # bytes of blocks that have such words
ENOUGH = 16 * 2**10  # bytes of different words
LEAST_BYTES = 4  # beyond ASCII, in different words; fewer tell nothing
LEAST_SAMPLE = 2**10  # bytes
STRANGE_SHARE = 0.05  # of the words; a text in Windows-1252 has fewer
BETTER = 0.5  # of the strange words at most may stay strange in another code page
MOST_OF_UTF8 = 0.5  # of the words, if some rows only are not in UTF-8
WESTERN_RUN, LONGEST_RUN = 2, 3  # accented letters one after the other: créée, and Děčín outside Western Europe
_WESTERN = ("windows-1252", "latin-1")
CODE_PAGES = tuple(page for page in ENCODING_TITLES if page not in _WESTERN and not page.startswith("utf"))
SCRIPTS = frozenset(("LATIN", "CYRILLIC", "GREEK", "HEBREW", "ARABIC", "THAI"))
_MAY_BE_INSIDE = frozenset("’‘–—·…°")  # signs that may stand between two letters
_FINAL = frozenset("ךםןףץ")  # letters that end a Hebrew word
_BYTES_BETWEEN = re.compile(rb"[\x00-\x1f,;:\"0-9]+")  # none of them is a part of a letter
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_WORD = re.compile(r"[^\x00-&(-,./0-@\[-`{-\x7f]*[^\x00-\x7f][^\x00-&(-,./0-@\[-`{-\x7f]*")


def guess_code_page(path: Path) -> Encoding | None:
    """Return the code page of a text that is not in UTF-8, or None where Windows-1252 is as likely as any.

    Western European text keeps its accented letters apart from each other, small after small ones, and no sign of
    money or measure within a word. Where many words break that, those code pages are compared in which they do not.
    """
    words = _foreign_bytes(path)
    if sum(len(_BEYOND_ASCII.findall(word)) for word in words) < LEAST_BYTES or _share_of_utf8(words) >= MOST_OF_UTF8:
        return None
    sample = b"\n".join(words)
    western = _strangeness(sample, "windows-1252", WESTERN_RUN)
    if western <= STRANGE_SHARE:
        return None
    likely = {
        codecs.lookup(PYTHON_CODEC[encoding]).name: encoding
        for encoding in CODE_PAGES
        if _strangeness(sample, encoding, LONGEST_RUN) <= BETTER * western
    }
    if not likely:
        return None
    import charset_normalizer

    enough = b"\n".join([sample] * (1 + LEAST_SAMPLE // len(sample)))  # of few words it says nothing
    best = charset_normalizer.from_bytes(enough, cp_isolation=list(likely)).best()
    return None if best is None else likely.get(codecs.lookup(best.encoding).name)


def foreign_words(text: str, most: int) -> list[str]:
    """Return the first different words of a text that hold a sign beyond ASCII."""
    found: dict[str, None] = {}
    for match in _WORD.finditer(text):
        found[match[0]] = None
        if len(found) == most:
            break
    return list(found)


def _foreign_bytes(path: Path) -> list[bytes]:
    """Return different words of a file that hold a byte beyond ASCII, from its beginning on, until they are enough."""
    found: dict[bytes, None] = {}
    size = 0
    for word in _words(path):
        if word not in found and _BEYOND_ASCII.search(word):
            found[word] = None
            size += len(word)
            if size >= ENOUGH:
                break
    return list(found)


def _words(path: Path) -> Iterator[bytes]:
    """Give a file's first words, those of blocks of plain ASCII left out."""
    left, taken_apart = b"", 0
    with path.open("rb") as stream:
        for _ in range(LOOKED_THROUGH // BLOCK):
            block = stream.read(BLOCK)
            if left.isascii() and block.isascii():
                left = b""
            else:
                *whole, left = _BYTES_BETWEEN.split(left + block)
                yield from whole
                taken_apart += len(block)
            if not block or taken_apart >= MOST_TAKEN_APART:
                break
    yield left


def _share_of_utf8(words: list[bytes]) -> float:
    return sum(map(_is_utf8, words)) / len(words)


def _is_utf8(word: bytes) -> bool:
    try:
        word.decode()
    except UnicodeDecodeError:
        return False
    return True


def _strangeness(sample: bytes, encoding: Encoding, longest_run: int) -> float:
    """Return the share of words beyond ASCII that would be none in any language."""
    codec = "euc-kr" if encoding == "euc-kr" else PYTHON_CODEC[encoding]  # without syllables that hardly a word has
    words = _WORD.findall(sample.decode(codec, errors="replace"))
    return sum(_is_strange(word, longest_run) for word in words) / max(1, len(words))


def _is_strange(word: str, longest_run: int) -> bool:
    run, scripts = 0, set()
    for before, sign, after in zip("\0" + word, word, word[1:] + "\0", strict=False):
        kind, script = _kind_and_script(sign)
        if kind in ("Cc", "Cn", "Co", "Cs") or sign == "\ufffd":
            return True
        if kind[0] == "L":
            scripts |= {script} & SCRIPTS
            small_before = _kind_and_script(before)[0] == "Ll" and not (sign.isascii() and before.isascii())
            if kind == "Lu" and small_before:
                return True
        if (
            kind[0] in "SNP"
            and not sign.isascii()
            and sign not in _MAY_BE_INSIDE
            and before.isalpha()
            and after.isalpha()
        ):
            return True
        if sign in _FINAL and after.isalpha():
            return True
        if kind[0] == "M":  # above or below a letter, which has to be there
            if _kind_and_script(before)[0][0] not in "LM":
                return True
            continue
        counted = not sign.isascii() and (kind[0] in "SN" or script in ("LATIN", "MICRO"))
        run = run + 1 if counted else 0
        if run > longest_run:
            return True
    return len(scripts) > 1


@functools.cache
def _kind_and_script(sign: str) -> tuple[str, str]:
    return unicodedata.category(sign), unicodedata.name(sign, "").partition(" ")[0]
