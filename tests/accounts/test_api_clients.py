"""The keys of outside systems."""

import datetime as dt
from typing import Any

import pytest
from tests.accounts.conftest import NOW, TODAY
from tests.factories.world import World

from jiesu.access import SYSTEM, Actor, Permission
from jiesu.accounts import api_clients
from jiesu.accounts.actors import actor_for_client
from jiesu.accounts.api_clients import CHANNEL, UNIT_SYSTEM, IssuedKey
from jiesu.accounts.models import ApiClient
from jiesu.foundation.errors import Forbidden, Invalid, NotAllowedNow
from jiesu.journal.models import AuditRecord


@pytest.fixture
def issued(world: World, admin: Actor) -> IssuedKey:
    """The key of Fuzhou's website."""
    return api_clients.create_client(
        "福州市门户网站", world.units["fuzhou_centre"], CHANNEL, actor=admin, at=NOW
    )


def test_a_key_is_kept_only_as_a_hash_and_found_in_one_statement(
    issued: IssuedKey, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        client = api_clients.authenticate(issued.key, at=NOW)
        assert client is not None
        actor = actor_for_client(client)

    assert actor.permissions == CHANNEL
    assert actor.unit_name == "福州市热线中心"
    assert issued.key not in str(ApiClient.objects.values())
    assert issued.key not in str(list(AuditRecord.objects.values_list("data", flat=True)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: "",
        lambda key: key[:-1],
        lambda key: key + "x",
        lambda key: key[:12],
        lambda key: key.upper(),
        lambda key: key.replace("jk_", "xx_"),
        lambda key: key + "\x00",
        lambda key: "jk_" + "密" * 50,
        lambda key: "jk_" + "a" * 10**6,
    ],
)
def test_any_other_key_opens_nothing(issued: IssuedKey, spoil: Any) -> None:
    assert api_clients.authenticate(spoil(issued.key), at=NOW) is None


def test_a_rotated_key_opens_for_the_time_of_grace(issued: IssuedKey, admin: Actor) -> None:
    fresh = api_clients.rotate_key(issued.client, actor=admin, at=NOW)

    in_grace, after = NOW + dt.timedelta(days=6), NOW + dt.timedelta(days=8)
    assert fresh.key != issued.key
    assert api_clients.authenticate(issued.key, at=in_grace) == issued.client
    assert api_clients.authenticate(issued.key, at=after) is None
    assert api_clients.authenticate(fresh.key, at=after) == issued.client


def test_a_leaked_key_is_shut_at_once(issued: IssuedKey, admin: Actor) -> None:
    api_clients.rotate_key(issued.client, actor=admin, at=NOW)
    newest = api_clients.rotate_key(issued.client, actor=admin, at=NOW, grace=dt.timedelta(0))

    assert api_clients.authenticate(issued.key, at=NOW) is None
    assert api_clients.authenticate(newest.key, at=NOW) == issued.client


def test_a_revoked_client_stays_out(issued: IssuedKey, admin: Actor) -> None:
    api_clients.revoke_client(issued.client, actor=admin, at=NOW)

    assert api_clients.authenticate(issued.key, at=NOW) is None
    with pytest.raises(NotAllowedNow):
        api_clients.revoke_client(issued.client, actor=admin, at=NOW)
    with pytest.raises(NotAllowedNow):
        api_clients.rotate_key(issued.client, actor=admin, at=NOW)


def test_a_key_ends_on_its_day_and_with_its_unit(issued: IssuedKey, world: World) -> None:
    ApiClient.objects.update(expires_on=TODAY + dt.timedelta(days=1))
    assert api_clients.authenticate(issued.key, at=NOW)
    assert api_clients.authenticate(issued.key, at=NOW + dt.timedelta(days=1)) is None

    ApiClient.objects.update(expires_on=None)
    unit = world.units["fuzhou_centre"]
    unit.valid_to = TODAY
    unit.save()
    assert api_clients.authenticate(issued.key, at=NOW) is None


def test_every_wrong_field_is_named(world: World, admin: Actor) -> None:
    with pytest.raises(Invalid) as refusal:
        api_clients.create_client(
            " ", world.units["urban"], [], actor=admin, at=NOW, per_minute=0, expires_on=TODAY
        )

    assert {e.field for e in refusal.value.errors} == {
        "name", "permissions", "per_minute", "expires_on",
    }  # fmt: skip


@pytest.mark.parametrize(
    "permission", [Permission.MANAGE_PEOPLE, Permission.AUDIT_VIEW, Permission.MANAGE_SYSTEM]
)
def test_no_client_administers(world: World, admin: Actor, permission: Permission) -> None:
    with pytest.raises(Invalid, match="不能持有"):
        api_clients.create_client("某系统", world.units["urban"], [permission], actor=admin, at=NOW)


def test_what_a_client_may_do_can_be_changed(issued: IssuedKey, admin: Actor) -> None:
    client = api_clients.edit_client(
        issued.client, name="区城管系统", permissions=UNIT_SYSTEM, per_minute=60, expires_on=None,
        actor=admin, at=NOW,
    )  # fmt: skip

    assert actor_for_client(client).permissions == UNIT_SYSTEM
    assert client.per_minute == 60


@pytest.mark.parametrize("who", ["system_admin", "dispatcher"])
def test_only_the_security_administrator_of_the_region_issues_keys(
    world: World, admin: Actor, who: str
) -> None:
    with pytest.raises(Forbidden):
        api_clients.create_client(
            "某系统", world.units["urban"], CHANNEL, actor=world.actor(who), at=NOW
        )
    with pytest.raises(Forbidden):
        api_clients.create_client(
            "某系统", world.units["siming_urban"], CHANNEL, actor=admin, at=NOW
        )


def test_being_seen_is_noted_once_an_hour(
    issued: IssuedKey, django_assert_num_queries: Any
) -> None:
    client = issued.client
    with django_assert_num_queries(1):
        api_clients.note_use(client, at=NOW)
    with django_assert_num_queries(0):
        api_clients.note_use(client, at=NOW + dt.timedelta(minutes=59))
    with django_assert_num_queries(1):
        api_clients.note_use(client, at=NOW + dt.timedelta(minutes=61))

    client.refresh_from_db()
    assert client.last_used_at == NOW + dt.timedelta(minutes=61)


def test_the_system_may_issue_keys_for_the_demo(world: World) -> None:
    assert api_clients.create_client(
        "演示", world.units["xiamen"], CHANNEL, actor=SYSTEM, at=NOW
    ).key.startswith("jk_")
