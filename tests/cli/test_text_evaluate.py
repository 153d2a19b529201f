"""Anyone measures text intelligence on data of their own, by one command."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from jiesu.cli.text import files, tasks


class _Lengths:
    """A task that measures something plain: how long the texts are."""

    @staticmethod
    def evaluate(test: Path, train: Path | None) -> tasks.Evaluated:
        rows = files.read(test, needs=["text|title"])
        return {"count": len(rows), "中": "文"}, [{"predicted": len(r["text"])} for r in rows]


@pytest.fixture(autouse=True)
def _a_plain_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tasks.TASKS, "lengths", "tests")
    monkeypatch.setattr(tasks, "import_module", lambda name: _Lengths)


def evaluate(*arguments: object) -> dict[str, object]:
    out = StringIO()
    call_command("text", "evaluate", "lengths", *map(str, arguments), stdout=out)
    answer: dict[str, object] = json.loads(out.getvalue())
    return answer


def test_figures_are_json_and_predictions_stand_in_the_files_order(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text('text\n路灯不亮\n""\n"两行\n字"\n', encoding="utf-8")

    figures = evaluate(
        "--test", tmp_path / "test.csv", "--predictions", tmp_path / "out.csv"
    )  # no database mark on this test: a statement would fail it

    assert figures == {"count": 3, "中": "文"}
    with (tmp_path / "out.csv").open() as out:
        assert [row["predicted"] for row in csv.DictReader(out)] == ["4", "0", "4"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"label\na\n", "缺少列 text 或 title；现有的列：label"),
        ("text\n路灯".encode("gb18030"), "不是 UTF-8"),
        (b"", "缺少列"),
        (None, "读不了文件"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_a_sentence(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "test.csv").write_bytes(content)

    with pytest.raises(CommandError, match=said):
        evaluate("--test", tmp_path / "test.csv")
