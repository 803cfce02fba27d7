"""``nnstudio lesson``: the names of lessons, and a lesson by its name or its file."""

from __future__ import annotations

import pytest

from nnstudio.cli.output import MistakeError
from nnstudio.cli.window import parse_window
from nnstudio.lessons import LESSONS, lesson_path


def test_a_lesson_is_opened_by_its_name_or_its_file(tmp_path):
    assert parse_window(["lesson", "tuning"]) == lesson_path("tuning")
    own = tmp_path / "own.MD"
    own.write_text("")
    assert parse_window(["lesson", str(own)]) == own


def test_without_a_name_the_lessons_are_listed(capsys):
    with pytest.raises(SystemExit) as ended:
        parse_window(["lesson"])
    assert ended.value.code == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == list(LESSONS)
    assert [line.split(maxsplit=1)[1] for line in listed] == list(LESSONS.values())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["tunnig"], 'There is no lesson "tunnig" and no such file. Did you mean "tuning"?'),
        (["zzz"], '"nnstudio lesson" lists them.'),
        (["tuning", "vectorization"], "One lesson is opened at a time, and 2 were given."),
    ],
)
def test_what_is_no_lesson_is_a_mistake_with_a_hint(arguments, says):
    with pytest.raises(MistakeError) as raised:
        parse_window(["lesson", *arguments])
    assert says in str(raised.value)


def test_a_table_is_no_lesson(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n")
    with pytest.raises(MistakeError, match=r"is no lesson: a lesson's name ends in \.md\."):
        parse_window(["lesson", str(table)])
