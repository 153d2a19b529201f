"""What machines may ask: alive, ready, how busy."""

import datetime as dt
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from jiesu.config import health, metrics
from jiesu.deadlines import seed
from jiesu.foundation import clock, crypto


@pytest.fixture
def calendar(db: None) -> None:
    seed.load_defaults(clock.now())


def gauges() -> list[tuple[str, str, float]]:
    return [("jiesu_open_clocks", "Clocks that run", 42.0)]


def test_alive_needs_no_database(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_ready_says_everything_to_an_insider(client: Client, calendar: None) -> None:
    answer = client.get("/readyz")

    checks = answer.json()["checks"]
    assert answer.status_code == 200
    assert (checks["database"], checks["migrations"], checks["keys"]) == ("ok", "ok", "ok")


@pytest.mark.django_db
def test_ready_says_only_the_outcome_to_others(client: Client, calendar: None) -> None:
    answer = client.get("/readyz", REMOTE_ADDR="203.0.113.9")

    assert set(answer.json()) == {"status"}


@pytest.mark.django_db
def test_no_work_is_sent_where_this_years_calendar_is_missing(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["calendar"].startswith("fail")


@pytest.mark.django_db
def test_next_years_missing_calendar_only_warns(calendar: None) -> None:
    known = dt.datetime(2027, 3, 1, tzinfo=clock.BEIJING)
    while not health.missing_years(known):
        known = known.replace(year=known.year + 1)

    check = {c.name: c for c in health.all_checks(known)}["calendar"]

    assert health.missing_years(known) == [known.year + 1]
    assert check.state == "warn"


@pytest.mark.django_db
def test_no_work_is_sent_where_personal_data_cannot_be_read(
    client: Client, calendar: None, tmp_path: Path, settings: Settings
) -> None:
    ring = crypto.keyring()
    crypto.use_key_file(tmp_path / "absent.json")
    try:
        answer = client.get("/readyz")
    finally:
        crypto.use_key_file(settings.JIESU_KEY_FILE, may_create=True)
        crypto.use_keyring(ring)

    assert answer.status_code == 503
    assert answer.json()["checks"]["keys"].startswith("fail")


def beats() -> dict[str, dt.datetime]:
    return {"delivery": clock.now() - dt.timedelta(minutes=10), "deadlines": clock.now()}


@pytest.mark.django_db
def test_a_silent_loop_warns_and_does_not_stop_the_web(
    client: Client, calendar: None, settings: Settings
) -> None:
    settings.JIESU_LOOP_BEATS = f"{__name__}.beats"
    settings.JIESU_LOOPS = ["deadlines", "delivery", "sealing"]

    answer = client.get("/readyz")

    checks = answer.json()["checks"]
    assert answer.status_code == 200
    assert answer.json()["status"] == "warn"
    assert checks["loop deadlines"] == "ok"
    assert "silent for" in checks["loop delivery"]
    assert "never seen" in checks["loop sealing"]


@pytest.mark.django_db
def test_requests_are_counted_under_their_views_name(client: Client) -> None:
    client.get("/healthz")

    page = client.get("/metrics").content.decode()

    assert 'jiesu_http_requests_total{method="GET",status="200",view="healthz"}' in page
    assert 'jiesu_http_request_seconds_count{view="healthz"}' in page


@pytest.mark.django_db
def test_an_address_typed_by_a_stranger_is_no_label_of_its_own(client: Client) -> None:
    client.get("/no/such/page/13859012345")

    assert "13859012345" not in client.get("/metrics").content.decode()


@pytest.mark.django_db
def test_gauges_of_other_packages_are_asked_at_each_scrape(settings: Settings) -> None:
    settings.JIESU_GAUGES = [f"{__name__}.gauges"]

    assert "jiesu_open_clocks 42.0" in metrics.exposition().decode()


def test_metrics_do_not_exist_for_the_public(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404
