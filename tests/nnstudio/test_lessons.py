"""A lesson's text is read, or the line that is wrong is named; its conditions see what is true."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, strategies

from engine import Dense, Input, Output, chain
from engine.activations import Relu
from engine.snapshot import Status
from nnstudio import edits
from nnstudio.document import Document
from nnstudio.lessons import LessonError, StartError, document_of, facts_of, parse, read
from nnstudio.lessons.conditions import ConditionError, read_condition
from nnstudio.lessons.facts import DEEDS, NAMES, Since
from nnstudio.lessons.start import Start
from nnstudio.lessons.text import is_lesson
from nnstudio.project_file import save

HEAD = '+++\ntitle = "T"\n+++\n'
STEP = "## One\n\nText with $x$.\n"
BEGINNING = Since()
TAKES = {"cost": False, "open": True, "state": False}


# -- conditions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("cost < 0.5", True),
        ("cost >= 0.5", False),
        ("cost = 0.25", True),
        ("cost != 0.25", False),
        ("cost > -1e2", True),
        ("state = training", True),
        ('state == "training"', True),
        ("not state = training", False),
        ("open(loss)", True),
        ("open(ledger)", False),
        ("open(loss) and not open(ledger)", True),
        ("open(ledger) or cost < 1 and state = training", True),
        ("(open(ledger) or cost < 1) and state = paused", False),
        ("state < 3", False),  # a text has no order
        ("cost = cost", True),
    ],
)
def test_a_condition_holds_as_it_reads(text, holds):
    facts = {"cost": 0.25, "state": "training", "open": lambda name: name == "loss"}
    assert read_condition(text, TAKES).holds(facts) is holds


@pytest.mark.parametrize("mark", ["<", "<=", ">", ">=", "="])
def test_what_is_not_known_compares_with_nothing(mark):
    assert not read_condition(f"cost {mark} 1", TAKES).holds({"cost": math.nan})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no condition"),
        ("cots < 1", 'no fact "cots"'),
        ("cost <", "missing before the end"),
        ("cost < 1 1", '"1" stands where the condition should end'),
        ("(cost < 1", "closing bracket is missing"),
        ("open", "needs something in brackets"),
        ("open(", "needs one name or number in brackets"),
        ("cost ? 1", "cannot be read"),
        ("(" * 30 + "cost" + ")" * 30, "more than 20 deep"),
        ("not " * 30 + "cost", "more than 20 deep"),
    ],
)
def test_a_condition_that_cannot_be_read_says_why(text, says):
    with pytest.raises(ConditionError, match=says.replace("(", r"\(")):
        read_condition(text, TAKES)


@given(strategies.text(alphabet='cost open state()<>=!andor not1.e-"', max_size=60))
def test_any_text_is_a_condition_or_its_own_error(text):
    try:
        condition = read_condition(text, TAKES)
    except ConditionError:
        pass
    else:
        condition.holds({"cost": 1.0, "state": "paused", "open": lambda name: False})


# -- the text -----------------------------------------------------------------------------------------------------


def test_a_text_becomes_steps_with_a_question_and_checks():
    lesson = parse(
        '+++\ntitle = "T"\nminutes = 3\nviews = ["loss"]\n[start]\nhidden = [2]\n+++\n# T\n'
        "## One\nProse.\n```python\n## no heading\n```\n"
        "```predict\nWhat now?\n- [ ] this\n- [x] that\nFor a reason.\n```\n"
        "## Two\n```check\nTrain: it: new_epochs >= 2\n\nOpen it: open(loss)\n```\nAnd more.\n"
    )
    one, two = lesson.steps
    assert (lesson.title, lesson.head.minutes, lesson.head.views, lesson.head.start.hidden) == ("T", 3, ("loss",), (2,))
    assert one.text == "Prose.\n```python\n## no heading\n```"
    assert one.question is not None
    assert (one.question.text, one.question.choices, one.question.right, one.question.because) == (
        "What now?", ("this", "that"), 1, "For a reason."
    )  # fmt: skip
    assert [check.words for check in two.checks] == ["Train: it", "Open it"]
    assert two.text == "And more."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Line 1: a lesson begins with"),
        ("# A title", "Line 1: a lesson begins with"),
        ("+++\ntitle = 'x'\n", "no end"),
        ("+++\ntitle\n+++\n" + STEP, "The head cannot be read"),
        ("+++\ntitel = 'x'\n+++\n" + STEP, "The head is not as it should be"),
        ("+++\nsummary = 'x'\n+++\n" + STEP, "title"),
        ("+++\ntitle = 'x'\ncontrols = ['fly']\n+++\n" + STEP, "no control 'fly'"),
        ("+++\ntitle = 'x'\n[start]\nlearning_rate = 'fast'\n+++\n" + STEP, "learning_rate"),
        (HEAD, "no step"),
        (HEAD + "Hello.\n" + STEP, "Line 4: text before the first step"),
        (HEAD + "## One\n```check\nx: cost < 1\n", "Line 5: this block has no end"),
        (HEAD + "## One\n```check\ncost < 1\n```\n", "Line 6: a check is words, a colon and a condition"),
        (HEAD + "## One\n```check\nx: cots < 1\n```\n", 'Line 6: There is no fact "cots"'),
        (HEAD + "## One\n\n```check\na: cost < 1\nx: did(fly)\n```\n", "Line 8: there is no deed 'fly'"),
        (HEAD + "## One\n```predict\n- [x] a\n```\n", "Line 5: a question has choices"),
        (HEAD + "## One\n```predict\n- [x] a\n- [x] b\n```\n", "Line 5: a question has choices"),
        (HEAD + "## One\n" + "```predict\n- [x] a\n- [ ] b\n```\n" * 2, "Line 9: a step has one question"),
    ],
)
def test_a_text_that_is_no_lesson_says_where(text, says):
    with pytest.raises(LessonError) as raised:
        parse(text)
    assert says in str(raised.value)


@given(strategies.text(alphabet="+#`\n predictcheck-[x]:=a", max_size=200))
def test_any_text_is_a_lesson_or_its_own_error(rest):
    try:
        steps = parse(HEAD + rest).steps
    except LessonError:
        return
    assert steps


def test_a_file_that_is_none_is_named(tmp_path):
    with pytest.raises(LessonError, match=r"nothing\.md"):
        read(tmp_path / "nothing.md")
    (tmp_path / "bytes.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LessonError, match=r"bytes\.md cannot be read as UTF-8"):
        read(tmp_path / "bytes.md")
    (tmp_path / "wrong.md").write_text(HEAD)
    with pytest.raises(LessonError, match=r"wrong\.md: There is no step"):
        read(tmp_path / "wrong.md")


def test_notes_that_are_no_lesson_are_told_from_one():
    assert is_lesson("\ufeff" + HEAD + STEP)
    assert not is_lesson("Just some notes.")


# -- facts --------------------------------------------------------------------------------------------------------


def facts(document: Document, since: Since = BEGINNING, **status: object) -> dict[str, object]:
    state = Status(**status)
    return dict(facts_of(document, state, 33, 0, 5, lambda name: name == "loss", since).values)


def test_facts_tell_the_network_and_the_run():
    graph = chain([Input(features=2), Dense(units=4), Dense(units=3, activation=Relu()), Output()])
    found = facts(
        Document(graph=graph), Since(epoch=2, step=10, deeds=frozenset({"undo"})),
        epoch=5, step=30, state="training", running_cost=0.5,
    )  # fmt: skip
    assert set(found) == set(NAMES)
    assert (found["hidden_layers"], found["units"](2.0), found["activation"](2.0)) == (2, 3, "relu")
    assert (found["units"](3.0), found["units"]("x")) == ("", "")
    assert (found["layers"]("dense"), found["parameters"], found["example"]) == (2, 33, 5)
    assert (found["epoch"], found["new_epochs"], found["new_steps"], found["training"]) == (5, 3, 20, True)
    assert (found["cost"], found["did"]("undo"), found["did"]("train")) == (0.5, True, False)
    assert found["open"]("loss")


def test_a_true_cost_goes_before_a_running_one():
    assert facts(Document(), training_cost=0.25, running_cost=0.5)["cost"] == 0.25


def test_what_a_reset_took_away_does_not_count():
    assert facts(Document(), Since(epoch=9, step=90), epoch=1, step=10)["new_epochs"] == 0


def test_every_deed_and_fact_is_explained_for_those_who_write_lessons():
    text = (Path(__file__).parents[2] / "docs" / "lessons.md").read_text()
    for name in (*NAMES, *DEEDS):
        assert f"`{name}" in text, name


# -- the beginning ------------------------------------------------------------------------------------------------


def test_a_lesson_begins_with_the_network_and_data_that_its_head_says():
    start = Start(sample="blobs", rows=60, hidden=(5, 4), activation="relu", optimizer="adam", batch="all", l2=0.5)
    project = document_of(start, Path(), "notes")
    document = project.document
    layers = [node.layer for node in document.graph.nodes]
    assert [layer.units for layer in layers if isinstance(layer, Dense | Output)] == [5, 4, 3]
    assert document.training.batch_size == len(project.prepared.training) == 48
    assert (document.training.l2, document.notes) == (0.5, "notes")


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"sample": "nothing"}, "no sample 'nothing'"),
        ({"activation": "nothing"}, "no activation 'nothing'"),
        ({"optimizer": "nothing"}, "no optimizer 'nothing'"),
        ({"rows": 1}, "rows"),
        ({"hidden": (0,)}, "units"),
        ({"batch": 0}, "batch"),
    ],
)
def test_a_beginning_that_cannot_be_made_says_why(setting, says):
    with pytest.raises(StartError) as raised:
        document_of(Start(**setting), Path(), "")
    assert says in str(raised.value)


def test_a_lesson_may_begin_with_a_project_beside_it(tmp_path):
    first = document_of(Start(rows=40, hidden=(7,)), Path(), "")
    document = edits.set_notes(first.document, "old")
    save(tmp_path / "first.nns", document, prepared=first.prepared)
    project = document_of(Start(project="first.nns"), tmp_path, "new")
    assert project.document.graph == document.graph
    assert project.document.notes == "new"
    assert project.prepared.sha256 == first.prepared.sha256
