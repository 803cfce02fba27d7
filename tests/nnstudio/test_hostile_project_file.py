"""Hostile and broken project files: each ends in one clear sentence, in time, and executes nothing."""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.history import COLUMNS
from nnstudio import archive
from nnstudio.checkpoints import Checkpoint
from nnstudio.data import PreparedData
from nnstudio.document import Document
from nnstudio.project_file import MOST_PROJECT, ProjectError, open_project, save
from tests.nnstudio.projects import trained

Saved = tuple[Document, Checkpoint, PreparedData]


@pytest.fixture(scope="module")
def made() -> Saved:
    return trained()[:3]


@pytest.fixture
def path(tmp_path: Path, made: Saved) -> Path:
    target = tmp_path / "moons.nnstudio"
    save(target, *made)
    return target


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Change the parts of a project file and pack them again, checksums and all."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path


def with_settings(path: Path, change: Callable[[Any], None]) -> Path:
    def edit(parts: dict[str, bytes]) -> None:
        settings = json.loads(parts["project.json"])
        change(settings)
        parts["project.json"] = json.dumps(settings).encode()

    return rewritten(path, edit)


def refusal(path: Path) -> str:
    started = time.process_time()
    with pytest.raises(ProjectError) as caught:
        open_project(path)
    sentence = str(caught.value)
    assert time.process_time() - started < 2.0
    assert path.name in sentence
    assert "Traceback" not in sentence
    assert len(sentence) < 1_000
    return sentence


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "none.nnstudio")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "not an NN Studio project"),
        (b"PK\x03\x04" + bytes(100), "cut off"),
        (bytes(range(256)) * 4_000, "not an NN Studio project"),
        (b"PK\5\6" + bytes(18), "not an NN Studio project"),
    ],
)
def test_file_of_another_kind_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "odd.nnstudio"
    path.write_bytes(content)
    assert says in refusal(path)


def test_folder_and_pipe_are_refused_without_waiting(tmp_path: Path) -> None:
    folder = tmp_path / "folder.nnstudio"
    folder.mkdir()
    assert "is not a file" in refusal(folder)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.nnstudio")
        assert "is not a file" in refusal(tmp_path / "pipe.nnstudio")


def test_file_cut_off_anywhere_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in [*range(1, 60), *range(60, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        refusal(path)


def test_any_flipped_byte_is_refused_or_harmless(path: Path, made: Saved) -> None:
    whole = bytearray(path.read_bytes())
    chance = random.Random(7)
    for _ in range(300):
        at = chance.randrange(len(whole))
        changed = bytearray(whole)
        changed[at] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        try:
            project = open_project(path)
        except ProjectError:
            continue
        assert project.document == made[0]
        assert project.checkpoint is not None
        assert project.checkpoint.hash == made[1].hash


def test_compressed_bomb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bomb.nnstudio"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("project.json", "w") as member:
        for _ in range(100):
            member.write(bytes(2**20))
    assert path.stat().st_size < 200_000
    assert "104,857,600 bytes" in refusal(path)


def test_member_larger_than_its_part_can_be_is_refused(path: Path) -> None:
    rewritten(path, lambda parts: parts.update({"project.json": b" " * (MOST_PROJECT + 1)}))
    assert "the most it can have" in refusal(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("project.json", b"{}")
    assert "two parts called project.json" in refusal(path)


@pytest.mark.parametrize("name", ["../evil.py", "/etc/passwd", "C:\\evil", "weights.pkl", "a" * 5_000, "x\n\x1b[31m"])
def test_member_of_another_name_is_refused_and_written_nowhere(path: Path, name: str) -> None:
    rewritten(path, lambda parts: parts.update({name: b"x"}))
    before = sorted(path.parent.rglob("*"))
    sentence = refusal(path)
    assert "that no project has" in sentence
    assert sentence.isprintable()
    assert sorted(path.parent.rglob("*")) == before


def test_thousands_of_members_are_refused_before_they_are_listed(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as file:
        for number in range(5_000):
            file.writestr(f"m{number}", b"")
    assert "members" in refusal(path)


def test_encrypted_member_is_refused(path: Path) -> None:
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\1\2")
    content[at + 8] |= 1
    path.write_bytes(content)
    assert "encrypted" in refusal(path)


def test_newer_format_is_named_whatever_else_is_in_the_file(path: Path) -> None:
    def newer(parts: dict[str, bytes]) -> None:
        parts["project.json"] = json.dumps({"format": "nnstudio-project", "version": 7, "more": 1}).encode()
        parts["runs.json"] = b"{}"

    assert "newer NN Studio (format 7" in refusal(rewritten(path, newer))


SETTINGS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "unknown field": (lambda s: s["document"].update(plugin="os.system"), "plugin"),
    "unknown layer": (lambda s: s["document"]["graph"]["nodes"][1]["layer"].update(type="evil"), "evil"),
    "wrong type": (lambda s: s["document"]["training"].update(epochs="many"), "epochs"),
    "beyond a limit": (lambda s: s["document"]["graph"]["nodes"][1]["layer"].update(units=0), "units"),
    "far away": (lambda s: s["document"]["positions"].update(dense_1=[1e9, 0]), "no canvas"),
    "two of one identity": (lambda s: s["document"]["graph"]["nodes"][1].update(id="input"), "identity"),
    "nameless": (lambda s: s["document"]["graph"]["nodes"][1].update(name=""), "no name"),
    "loose wire": (lambda s: s["document"]["graph"]["edges"][0].update(target="x"), "not there"),
    "negative port": (lambda s: s["document"]["graph"]["edges"][0].update(port=-1), "wires"),
    "no weights named": (lambda s: s["document"].update(checkpoint=None), "belong together"),
    "other weights named": (lambda s: s["document"].update(checkpoint="0" * 64), "not those"),
    "no training": (lambda s: s.update(training=None), "training"),
    "odd generator": (lambda s: s["training"]["shuffler"].update(state="__import__('os')"), "state"),
    "odd training": (lambda s: s["training"].update(exec="x"), "exec"),
    "beyond the data": (lambda s: s["training"].update(position=10**6), "beyond"),
    "negative weights": (lambda s: s["training"].update(weight_sum=-1.0), "weight_sum"),
    "rising rate": (lambda s: s["training"].update(plateau_factor=1e6), "plateau_factor"),
    "no rate": (lambda s: s["training"].update(plateau_factor=0.0), "plateau_factor"),
    "negative patience": (lambda s: s["training"].update(best_waited=-1), "best_waited"),
    "endless patience": (lambda s: s["training"].update(best_epoch=2**80), "best_epoch"),
    "best cost in words": (lambda s: s["training"].update(best_cost="low"), "best_cost"),
    "unknown schedule": (lambda s: s["document"]["training"]["schedule"].update(type="evil"), "evil"),
    "too many class weights": (
        lambda s: s["document"]["graph"]["nodes"][2]["layer"].update(class_weights=[1.0] * 20_000),
        "class_weights",
    ),
    "no data recipe": (lambda s: s["document"].update(data=None), "recipe"),
    "other units": (lambda s: s["document"]["graph"]["nodes"][1]["layer"].update(units=5), "weights of Dense 1"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_settings_that_no_one_could_have_made_are_refused(path: Path, case: str) -> None:
    change, says = SETTINGS[case]
    assert says in refusal(with_settings(path, change))


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize(
    "where",
    ["learning_rate", "positions", "seconds", "weight_sum", "run_from", "best_cost", "plateau_best", "plateau_factor"],
)
def test_numbers_that_are_not_finite_are_refused(path: Path, literal: str, where: str) -> None:
    def edit(parts: dict[str, bytes]) -> None:
        settings = json.loads(parts["project.json"])
        if where == "learning_rate":
            settings["document"]["training"]["optimizer"]["learning_rate"] = "HERE"
        elif where == "positions":
            settings["document"]["positions"]["input"] = ["HERE", 0]
        else:
            settings["training"][where] = "HERE"
        parts["project.json"] = json.dumps(settings).replace('"HERE"', literal).encode()

    refusal(rewritten(path, edit))


def test_deeply_nested_and_crowded_settings_are_refused_in_time(path: Path) -> None:
    def crowd(settings: Any) -> None:
        node = settings["document"]["graph"]["nodes"][1]
        settings["document"]["graph"]["nodes"] = [{**node, "id": f"n{i}", "name": f"N{i}"} for i in range(30_000)]

    assert "30,000 layers" in refusal(with_settings(path, crowd))
    for version in (1, 2):
        deep = b'{"format":"nnstudio-project","version":%d,"document":' % version + b"[" * 10**6
        refusal(rewritten(path, lambda parts, deep=deep: parts.update({"project.json": deep})))


def packed(path: Path, part: str, arrays: dict[str, Any]) -> Path:
    return rewritten(path, lambda parts: parts.update({part: archive.pack(arrays)}))


def test_weights_that_do_not_fit_are_named(path: Path, made: Saved) -> None:
    arrays = made[1].state.arrays
    turned = {**arrays, "parameters/dense_1.Theta": np.zeros((3, 4), np.float32)}
    assert "Dense 1 have the shape (3, 4), and the layer needs (4, 3)" in refusal(
        packed(path, "weights.safetensors", turned)
    )
    missing = {k: a for k, a in arrays.items() if k != "parameters/output.Theta"}
    assert "weights of Output are missing" in refusal(packed(path, "weights.safetensors", missing))


def test_weights_with_nan_unknown_arrays_and_odd_orders_are_refused(path: Path, made: Saved) -> None:
    arrays = made[1].state.arrays
    nan = {**arrays, "parameters/dense_1.Theta": np.full((4, 3), np.nan, np.float32)}
    assert "not a finite number" in refusal(packed(path, "weights.safetensors", nan))
    best = {**arrays, "best/dense_1.Theta": np.full((4, 3), np.inf, np.float32)}
    assert "not a finite number" in refusal(packed(path, "weights.safetensors", best))
    more = {**arrays, "code": np.zeros(3, np.float32)}
    assert "that no project has" in refusal(packed(path, "weights.safetensors", more))
    order = {**arrays, "order": np.zeros_like(arrays["order"])}
    assert "order of its examples" in refusal(packed(path, "weights.safetensors", order))
    other = {**arrays, "parameters/dense_1.Theta": np.ones((4, 3), np.float32)}
    assert "not those that its document names" in refusal(packed(path, "weights.safetensors", other))


def test_history_of_another_form_is_refused(path: Path) -> None:
    assert "history" in refusal(packed(path, "history.safetensors", {"history": np.zeros((3, 2))}))
    eight = np.arange(24.0).reshape(3, 8)  # the columns of format 1
    assert "history" in refusal(packed(path, "history.safetensors", {"history": eight}))
    assert "epochs" in refusal(packed(path, "history.safetensors", {"history": np.zeros((3, len(COLUMNS)))}))


def test_tensor_headers_that_lie_are_refused(path: Path) -> None:
    def header(text: bytes, body: bytes = b"") -> Callable[[dict[str, bytes]], None]:
        return lambda parts: parts.update({"weights.safetensors": struct.pack("<Q", len(text)) + text + body})

    entry = b'{"parameters/a":{"dtype":"F32","shape":[%s],"data_offsets":[0,%s]}}'
    for change in (
        lambda parts: parts.update({"weights.safetensors": b"\xff" * 8 + b"{}"}),
        lambda parts: parts.update({"weights.safetensors": b"123"}),
        header(entry % (b"4611686018427387904,4611686018427387904", b"0")),
        header(entry % (b"1000000000", b"4000000000")),
        header(entry % (b"-1", b"4"), bytes(4)),
        header(b'{"a":{"dtype":"OBJ","shape":[],"data_offsets":[0,0]}}'),
        header(b"[" * 100_000),
        header(b"{" + b",".join(b'"parameters/%d":1' % i for i in range(30_000)) + b"}"),
    ):
        refusal(rewritten(path, change))


def test_damaged_data_inside_are_refused(path: Path, made: Saved) -> None:
    def one_label_changed(parts: dict[str, bytes]) -> None:
        arrays = archive.unpack(parts["data.safetensors"])
        arrays["Y"] = 1.0 - arrays["Y"]
        parts["data.safetensors"] = archive.pack(arrays)

    assert "data" in refusal(rewritten(path, one_label_changed))


@pytest.mark.skipif(os.name == "nt", reason="measures with getrusage")
@pytest.mark.slow
def test_large_hostile_files_stay_within_two_seconds_and_256_megabytes(tmp_path: Path) -> None:
    # Of format 1, which is read as the present one is and turned into it besides.
    start = b'{"format":"nnstudio-project","version":1,"document":'
    room = MOST_PROJECT - 1_000

    def filled(before: bytes, item: bytes, after: bytes) -> bytes:
        return start + before + b",".join([item] * (room // (len(item) + 1))) + after + b"}"

    files = {
        "columns": filled(b'{"data":{"plan":{"columns":[', b'{"name":"c"}', b"]}}}"),
        "nodes": filled(b'{"graph":{"nodes":[', b'{"id":"n","name":"n","layer":{"type":"dense"}}', b"]}}"),
        "lists": filled(b"[", b"[]", b"]"),
        "notes": filled(b'{"data":{"source":{"type":"table","path":"x"},"plan":{"notes":[', b'"x"', b"]}}}"),
        "training": filled(b'{"training":{', b'"x":[]', b"}}"),
        "state": filled(b'{},"training":{"x":[', b"{}", b"]}"),
    }
    for name, content in files.items():
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            file.writestr("project.json", content)
    program = textwrap.dedent(
        """
        import resource, sys, time
        from nnstudio.project_file import ProjectError, open_project
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.process_time()
        try:
            open_project(sys.argv[1])
        except ProjectError:
            pass
        print(time.process_time() - started, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
        """
    )
    for name in files:
        done = subprocess.run(
            [sys.executable, "-c", program, tmp_path / name], capture_output=True, text=True, check=True
        )
        seconds, megabytes = map(float, done.stdout.split())
        assert seconds < 2.0, name
        assert megabytes < 256.0, name


def test_reading_imports_nothing_and_opens_no_other_file(path: Path, made: Saved) -> None:
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from nnstudio.project_file import open_project
        open_project(sys.argv[2])
        seen = []
        sys.addaudithook(lambda event, args: seen.append((event, args)))
        open_project(sys.argv[1])
        opened = {str(args[0]) for event, args in seen if event == "open"}
        assert opened == {sys.argv[1]}, opened
        harmless = {"open", "object.__getattr__"}
        assert not [event for event, _ in seen if event not in harmless], seen
        """
    )
    warm = path.parent / "warm.nnstudio"
    save(warm, *made)
    subprocess.run([sys.executable, "-c", program, path, warm], check=True, capture_output=True)
