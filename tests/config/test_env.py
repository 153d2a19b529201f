"""Settings are declared once and refuse what they cannot read."""

import pytest

from jiesu.config import env


def test_a_setting_that_is_not_set_has_its_declared_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("JIESU_WORKERS", raising=False)

    assert env.env("JIESU_WORKERS") == 2


def test_an_empty_setting_is_a_setting_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIESU_WORKERS", " ")

    assert env.env("JIESU_WORKERS") == 2


def test_a_list_is_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIESU_LOOPS", "deadlines, delivery,")

    assert env.env("JIESU_LOOPS") == ["deadlines", "delivery"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JIESU_WORKERS", "two"),
        ("JIESU_WORKERS", "-1"),
        ("JIESU_PORT", "70000"),
        ("JIESU_DEBUG", "maybe"),
        ("JIESU_ENV", "prod"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(env.WrongSetting, match=name):
        env.env(name)


def test_a_misspelt_setting_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIESU_DATABSE_URL", "postgresql://")

    assert "JIESU_DATABSE_URL" in env.unknown()
