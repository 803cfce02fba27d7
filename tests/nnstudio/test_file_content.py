"""The hash of a file's content, which is taken once while the file stays as it is."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from nnstudio.data import Cancelled, DataError
from nnstudio.data.reading.content import content_of

OLD = time.time() - 3_600


def written(path: Path, text: bytes, at: float = OLD) -> Path:
    path.write_bytes(text)
    os.utime(path, (at, at))
    return path


def test_content_is_the_sha256_and_the_size_of_the_bytes(tmp_path: Path) -> None:
    text = os.urandom(3_000_000)
    file = written(tmp_path / "table.csv", text)
    assert content_of(file) == (hashlib.sha256(text).hexdigest(), len(text))
    assert content_of(file) == (hashlib.sha256(text).hexdigest(), len(text))


@pytest.mark.parametrize("same_time", [False, True])
def test_a_file_that_was_changed_is_read_again_at_the_same_size_and_time_too(tmp_path: Path, same_time: bool) -> None:
    file = written(tmp_path / "table.csv", b"a,b\n1,2\n")
    time.sleep(2.1)  # until a change would show in the file's times
    first = content_of(file)
    second = content_of(written(file, b"a,b\n1,3\n", OLD if same_time else OLD + 1))
    assert first.size == second.size
    assert second.sha256 == hashlib.sha256(b"a,b\n1,3\n").hexdigest()


def test_a_file_that_stays_as_it_is_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path / "table.csv", b"a,b\n1,2\n")
    time.sleep(2.1)
    first = content_of(file)

    def refuse() -> None:
        raise AssertionError("it is read again")

    monkeypatch.setattr(hashlib, "sha256", lambda: type("Digest", (), {"update": lambda self, data: refuse()})())
    assert content_of(file) == first


def test_hashing_can_be_cancelled_and_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        content_of(written(tmp_path / "table.csv", b"a\n1\n"), lambda: True)
    with pytest.raises(DataError, match="cannot be read"):
        content_of(tmp_path / "none.csv")
