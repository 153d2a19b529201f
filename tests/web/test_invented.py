"""Nobody takes the demo for the real thing: every page, print and export says 演示数据."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings
from tests.contracts import tables
from tests.contracts.test_every_address import Things, ask, named
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World
from tests.web.signed_in import client_of

from jiesu.access import Role
from jiesu.exports import requests
from jiesu.foundation import invented

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(tmp_path: Path, settings: Settings) -> None:
    settings.JIESU_VAR = tmp_path
    invented.sign(tmp_path)


def pages(world: World) -> Iterator[tuple[str, str]]:
    """(route, HTML) of every whole page of the web, seen by the first role it opens for."""
    things = Things(world)
    clients: dict[str, Client] = {}
    for one in tables.web():
        if not named(one) or one.name in {"account:sign-out", "account:signed-in"}:
            continue
        role = next((r for r in Role if one.opens_for(r)), None)
        who = min((n for n, p in world.posts.items() if p.role == role), default="agent")
        client = clients.setdefault(who, client_of(world, who))
        answer = ask(client if one.needs != tables.EVERYONE else Client(), things.url(one))
        is_page = not answer.streaming and answer.content.lstrip().startswith(b"<!doctype html>")
        if answer.status_code == 200 and is_page:
            yield one.path, answer.content.decode()


def test_every_page_of_a_demo_says_so(world: World, demo: None) -> None:
    found = dict(pages(world))

    assert {"", "seat/", "dispatch/", "orders/<str:number>/print/", "manage/"} <= found.keys()
    assert [path for path, html in found.items() if invented.MARK not in html] == []


def test_a_real_installation_says_nothing_of_the_kind(
    world: World, tmp_path: Path, settings: Settings
) -> None:
    settings.JIESU_VAR = tmp_path

    assert invented.MARK not in client_of(world, "agent").get("/seat/").content.decode()


def test_a_demos_export_says_so_in_the_file(world: World, demo: None) -> None:
    make.accepted(world)
    export = requests.request_export(world.actor("dispatcher"), at=MONDAY, format="csv")

    requests.produce(export.pk, at=MONDAY)

    export.refresh_from_db()
    with export.file.open() as file:
        last = file.read().decode("utf-8-sig").splitlines()[-1]
    assert last.startswith("演示数据，由")
