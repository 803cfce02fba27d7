"""Project files (.nnstudio): a document with its weights, history and data, saved in one go and read strictly.

What a file holds, part by part, is written down in ``docs/project-file.md``. Reading one executes nothing.
"""

from __future__ import annotations

import dataclasses
import errno
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.emit import Array
from engine.history import COLUMNS, MOST_ROWS
from engine.shapes import infer_shapes
from engine.trainer import TrainerState
from nnstudio import archive
from nnstudio import project_checks as checks
from nnstudio.archive import ArchiveError, Members
from nnstudio.checkpoints import Checkpoint, checkpoint_of, misfits
from nnstudio.data import DataError, PreparedData, PreparedRecord, from_arrays, to_arrays, to_record
from nnstudio.document import Document
from nnstudio.upgrades import upgraded, upgraded_history, upgraded_record, upgraded_training

SUFFIX = ".nnstudio"
FORMAT = "nnstudio-project"
VERSION = 4
DATA_LIMIT = 20_000_000  # bytes of prepared data that travel inside the file, unless another limit is set
MOST_DATA = 64_000_000  # the highest such limit

PROJECT, WEIGHTS, HISTORY = "project.json", "weights.safetensors", "history.safetensors"
DATA, DATA_ABOUT = "data.safetensors", "data.json"
PARTS = (PROJECT, WEIGHTS, HISTORY, DATA, DATA_ABOUT)

MOST_PROJECT = 8 * 2**20  # bytes of project.json: room for a table of 100,000 columns
MOST_DATA_ABOUT = 16 * 2**20
MOST_READABLE = 100_000  # bytes of project.json up to which it is laid out for people
NO_TRAINING = msgspec.Raw(b"null")


class ProjectError(Exception):
    """A project that cannot be saved or opened: sentences that name the file and say what to do."""


@dataclass(frozen=True)
class Project:
    """What a project file holds.

    ``prepared`` is None where the data are only named by their recipe. ``record`` tells even then how a table is
    turned into inputs, so that a project predicts without the table it was trained on.
    """

    document: Document
    checkpoint: Checkpoint | None = None
    prepared: PreparedData | None = None
    record: PreparedRecord | None = None


class _Head(msgspec.Struct):
    format: str
    version: int


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contents of project.json. ``fits`` is whether the weights fitted the graph when they were saved."""

    format: str
    version: int
    document: Document
    training: msgspec.Raw = NO_TRAINING
    fits: bool = True


def save(
    path: str | Path,
    document: Document,
    checkpoint: Checkpoint | None = None,
    prepared: PreparedData | None = None,
    limit_bytes: int = DATA_LIMIT,
    record: PreparedRecord | None = None,
) -> None:
    """Save a project: the target is the old file or the new one, whole, whenever the save is cut short.

    Parameters
    ----------
    path
        The file to write.
    document
        What to save; the file's document names the weights that are saved with it.
    checkpoint
        The trained weights, with the history.
    prepared
        The prepared data; they travel inside the file where they are no larger than ``limit_bytes``.
    limit_bytes
        Otherwise the recipe alone does, with the table's path and hash; at most :data:`MOST_DATA`.

    record
        How data that are not there were prepared, as an opened project told: it is kept.

    Raises
    ------
    ProjectError
        When it cannot be written; a file that was there before is then as it was.
    """
    path = Path(path)
    document = msgspec.structs.replace(document, checkpoint=checkpoint.hash if checkpoint else None)
    try:
        parts = _parts(document, checkpoint, prepared, limit_bytes, record)
        archive.replace_file(path, lambda file: archive.write_members(file, parts))
    except ArchiveError as error:
        raise ProjectError(f"{path} was not saved: what should be saved {error}. {_UNTOUCHED}") from error
    except OSError as error:
        raise ProjectError(f"{path} was not saved: {_reason(error)} {_UNTOUCHED}") from error


def open_project(path: str | Path) -> Project:
    """Open a project file, trusting nothing in it.

    Raises
    ------
    ProjectError
        When it cannot be read, or anything in it is not as it should be.
    """
    path = Path(path)
    try:
        with archive.opened(path) as members:
            return _project(members)
    except ArchiveError as error:
        hint = "" if str(error).endswith(".") else ". Choose another file, or an earlier copy of this one."
        raise ProjectError(f"{path} {error}{hint}") from error
    except FileNotFoundError:
        raise ProjectError(f"There is no file {path}. Check the name and the folder.") from None
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {_reason(error)}") from error
    except (MemoryError, RecursionError) as error:
        raise ProjectError(f"{path} is larger or deeper than a project can be. Choose another file.") from error


_UNTOUCHED = "The file that was there before, if any, is as it was."


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "there is no room left on the disk. Free some, or save elsewhere."
    if isinstance(error, FileNotFoundError):
        return "the folder does not exist. Make it, or choose another."
    if isinstance(error, PermissionError):
        return "there is no permission for it. Choose another folder or name."
    if isinstance(error, IsADirectoryError):
        return "it is a folder. Choose a file name."
    return f"{error.strerror or error}. Choose another folder or name."


def _parts(
    document: Document,
    checkpoint: Checkpoint | None,
    prepared: PreparedData | None,
    limit_bytes: int,
    record: PreparedRecord | None,
) -> dict[str, bytes]:
    checks.check_counts(document)
    checks.check_document(document)
    fits, training = True, NO_TRAINING
    parts: dict[str, bytes] = {}
    if checkpoint is not None:
        state = checkpoint.state
        checks.check_state(state, None)
        fits = not misfits(checkpoint.weights, infer_shapes(document.graph))
        training = msgspec.Raw(msgspec.json.encode(state.meta))
        parts[WEIGHTS] = archive.pack(state.arrays)
        parts[HISTORY] = archive.pack({"history": state.history})
    record = to_record(prepared) if prepared is not None else record
    if record is not None and document.data is not None and checks.data_misfit(document, record) is None:
        parts[DATA_ABOUT] = msgspec.json.encode(record)
        arrays = to_arrays(prepared) if prepared is not None else {}
        if arrays and sum(array.nbytes for array in arrays.values()) <= min(limit_bytes, MOST_DATA):
            parts[DATA] = archive.pack(arrays)
    project = _File(format=FORMAT, version=VERSION, document=document, training=training, fits=fits)
    encoded = msgspec.json.encode(project)
    parts = {PROJECT: msgspec.json.format(encoded, indent=1) if len(encoded) <= MOST_READABLE else encoded, **parts}
    for name, most in ((PROJECT, MOST_PROJECT), (DATA_ABOUT, MOST_DATA_ABOUT)):
        if len(parts.get(name, b"")) > most:
            raise ArchiveError(f"needs more than the {most // 2**20} MB that {name} can have")
    if sum(map(len, parts.values())) > archive.MOST_MEMBER:
        raise ArchiveError("is larger than the 2 GB that a project file can have")
    return parts


def _project(members: Members) -> Project:
    if PROJECT not in members:
        raise ArchiveError("is not an NN Studio project")
    file = _decoded(members.read(PROJECT, MOST_PROJECT))
    members.refuse_others(PARTS)
    checks.check_document(file.document)
    if file.document.checkpoint is None and WEIGHTS not in members and bytes(file.training) == bytes(NO_TRAINING):
        checkpoint = None
    else:
        checkpoint = _checkpoint(members, file)
    # The weights of an earlier format may have another name by now.
    document = msgspec.structs.replace(file.document, checkpoint=checkpoint.hash if checkpoint else None)
    if DATA_ABOUT not in members and DATA not in members:
        return Project(document, checkpoint)
    record = _record(members, document, file.version)
    prepared = _prepared(members, record) if DATA in members else None
    return Project(document, checkpoint, prepared, record)


def _decoded(content: bytes) -> _File:
    try:
        head = msgspec.json.decode(content, type=_Head)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ArchiveError("is not an NN Studio project, or is damaged") from None
    if head.format != FORMAT:
        raise ArchiveError("is not an NN Studio project")
    if head.version > VERSION:
        raise ArchiveError(
            f"was saved by a newer NN Studio (format {head.version}; this one reads up to {VERSION}). "
            "Update NN Studio to open it."
        )
    if head.version < 1:
        raise ArchiveError("is damaged: its format has no number")
    try:
        checks.check_counts(msgspec.json.decode(content, type=checks.Outline).document)
        return msgspec.json.decode(upgraded(content, head.version), type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ArchiveError(f"has settings that cannot be read: {checks.plain(str(error))}") from None


def _checkpoint(members: Members, file: _File) -> Checkpoint:
    if WEIGHTS not in members or file.document.checkpoint is None:
        raise ArchiveError("is damaged: its document and its weights do not belong together")
    training = checks.read_training(file.training)
    checks.check_names(members.tensors(WEIGHTS))
    if file.fits:
        stated = {name: tensor.shape for name, tensor in members.tensors(WEIGHTS).items()}
        checks.check_fit(file.document, stated)
    state = TrainerState(
        arrays=archive.unpack(members.read(WEIGHTS, archive.MOST_MEMBER)),
        meta=training,
        history=upgraded_history(_history(members), file.version),
    )
    checks.check_state(state, training["position"])
    checkpoint = checkpoint_of(state)
    if checkpoint.hash != file.document.checkpoint:
        raise ArchiveError("is damaged: its weights are not those that its document names")
    meta = upgraded_training(training, file.version, file.document.training.optimizer)
    return checkpoint if meta is training else checkpoint_of(dataclasses.replace(checkpoint.state, meta=meta))


def _history(members: Members) -> Array:
    tensors = members.tensors(HISTORY)
    if set(tensors) != {"history"} or tensors["history"].dtype != "F64":
        raise ArchiveError("is damaged: its history has another form")
    return archive.unpack(members.read(HISTORY, MOST_ROWS * len(COLUMNS) * 8 + archive.MOST_HEADER))["history"]


def _record(members: Members, document: Document, version: int) -> PreparedRecord:
    try:
        content = upgraded_record(members.read(DATA_ABOUT, MOST_DATA_ABOUT), version)
        record = msgspec.json.decode(content, type=PreparedRecord)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ArchiveError(f"has a description of its data that cannot be read: {checks.plain(str(error))}") from None
    misfit = checks.data_misfit(document, record)
    if misfit is not None:
        raise ArchiveError(f"is damaged: {misfit}")
    return record


def _prepared(members: Members, record: PreparedRecord) -> PreparedData:
    members.tensors(DATA)
    try:
        return from_arrays(archive.unpack(members.read(DATA, MOST_DATA + archive.MOST_HEADER)), record)
    except DataError as error:
        raise ArchiveError(f"cannot be used. {error}") from error
