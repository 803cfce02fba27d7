"""Yes and no in words: which pairs of words are known, and which word is the positive one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

PAIRS = (("no", "yes"), ("false", "true"), ("n", "y"), ("f", "t"), ("nein", "ja"), ("off", "on"))  # negative, positive
NUMBER_PAIR = ("0", "1")  # read as numbers unless a person says otherwise
_MEANING = {word: bool(i) for pair in (*PAIRS, NUMBER_PAIR) for i, word in enumerate(pair)}
_OTHER = {pair[i]: pair[1 - i] for pair in (*PAIRS, NUMBER_PAIR) for i in (0, 1)}


def parse_boolean(text: str) -> bool | None:
    """Return what a word means, None where it is none of the known ones."""
    return _MEANING.get(text.strip().casefold())


def is_pair(words: set[str]) -> bool:
    """Return whether these words, in any case, are both of one pair that is no pair of numbers."""
    folded = {word.strip().casefold() for word in words}
    return any(folded == set(pair) for pair in PAIRS)


class Names(NamedTuple):
    """The two names of a column, and its further spellings, which are read as one of these."""

    negative: str
    positive: str
    others: tuple[str, ...]


def names_of(counts: Mapping[str, int]) -> Names:
    """Return the names of a column from its words and how often each comes: the most frequent word of each meaning.

    Where one meaning does not come at all, its name is the counterpart of the other, in the same kind of letters.
    """
    found: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    for word, count in counts.items():
        meaning = parse_boolean(word)
        if meaning is not None:
            found[meaning][word.strip()] += count
    best = {
        meaning: min(words, key=lambda word: (-words[word], word)) if words else ""
        for meaning, words in found.items()
    }  # fmt: skip
    for meaning in (False, True):
        if not best[meaning]:
            best[meaning] = _counterpart(best[not meaning]) if best[not meaning] else ("false", "true")[meaning]
    others = sorted({word for words in found.values() for word in words} - set(best.values()))
    return Names(best[False], best[True], tuple(others))


def _counterpart(word: str) -> str:
    other = _OTHER[word.casefold()]
    if word.isupper():
        return other.upper()
    return other.capitalize() if word[:1].isupper() else other
