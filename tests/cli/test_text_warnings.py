"""``jiesu text evaluate warnings`` on a file of one's own."""

import csv
import json

import pytest
from django.core.management import CommandError, call_command


def written(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def test_every_row_is_answered_in_its_order(tmp_path, capsys):
    test = written(
        tmp_path / "test.csv",
        ["text", "label"],
        [["我要从楼上跳下去", "extreme"], ["路灯坏了", "none"], ["", "none"]],
    )

    call_command("text", "evaluate", "warnings", test=test, predictions=tmp_path / "out.csv")

    metrics = json.loads(capsys.readouterr().out)
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert metrics["recall_pressing"] == 1
    assert metrics["false_alarms"] == 0
    assert [row["predicted"] for row in rows] == ["extreme", "none", "none"]
    assert float(rows[0]["score"]) > float(rows[1]["score"])


def test_a_file_without_labels_is_told_and_not_measured(tmp_path, capsys):
    test = written(tmp_path / "test.csv", ["title", "detail"], [["求助", "楼下着火了快来人"]])

    call_command("text", "evaluate", "warnings", test=test)

    assert json.loads(capsys.readouterr().out) == {"rows": 1}


def test_a_file_without_texts_is_refused_with_what_it_lacks(tmp_path):
    test = written(tmp_path / "test.csv", ["label"], [["none"]])

    with pytest.raises(CommandError, match="缺少列"):
        call_command("text", "evaluate", "warnings", test=test)
