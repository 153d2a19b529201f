"""Letting people in and out, their posts, and what only another administrator may do."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from tests.accounts.conftest import NOW, TODAY
from tests.factories.world import World

from jiesu.access import ROLE_PERMISSIONS, SYSTEM, Actor, Role
from jiesu.accounts import people, posts
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import ApiClient, Post, User
from jiesu.accounts.people import NewUser
from jiesu.foundation.errors import Forbidden, Invalid, NotAllowedNow, NotFound
from jiesu.journal.models import AuditRecord
from jiesu.organizations.changes import close_unit, merge_units

TOMORROW = TODAY + dt.timedelta(days=1)


def someone(world: World, **more: Any) -> NewUser:
    return replace(
        NewUser("Lin.New", "林新", world.units["urban"], Role.CLERK, staff_number="0105"), **more
    )


class TestLettingIn:
    def test_a_person_gets_a_post_and_a_temporary_password(
        self, world: World, admin: Actor
    ) -> None:
        issued = people.create_user(someone(world), actor=admin, at=NOW)

        user = User.objects.get(username="lin.new")
        assert user.check_password(issued.password)
        assert user.must_change_password
        assert [p.role for p in posts.current_posts(user, NOW)] == [Role.CLERK]
        assert posts.current_posts(user, NOW)[0].is_default

    def test_the_audit_tells_who_let_whom_in_but_no_password(
        self, world: World, admin: Actor
    ) -> None:
        issued = people.create_user(someone(world), actor=admin, at=NOW)

        rows = AuditRecord.objects.filter(subject=f"user:{issued.user.pk}")
        assert set(rows.values_list("kind", "actor_name")) == {
            ("user_create", "卫安全"),
            ("post_add", "卫安全"),
        }
        assert issued.password not in str([row.data for row in rows])

    def test_every_wrong_field_is_named_at_once(self, world: World, admin: Actor) -> None:
        wrong = someone(
            world, username="1x", name=" ", email="nobody", staff_number="9" * 17,
            expires_on=TODAY, password="short",
        )  # fmt: skip

        with pytest.raises(Invalid) as refusal:
            people.create_user(wrong, actor=admin, at=NOW)

        assert {e.field for e in refusal.value.errors} == {
            "username", "name", "email", "staff_number", "expires_on", "password",
        }  # fmt: skip

    @pytest.mark.parametrize("username", ["clerk", "CLERK", " Clerk "])
    def test_a_sign_in_name_is_given_once_in_any_writing(
        self, world: World, admin: Actor, username: str
    ) -> None:
        with pytest.raises(Invalid, match="已被使用"):
            people.create_user(someone(world, username=username), actor=admin, at=NOW)

    def test_a_refused_post_lets_nobody_in(self, world: World, admin: Actor) -> None:
        with pytest.raises(Invalid, match="角色"):
            people.create_user(someone(world, role=Role.API_CLIENT), actor=admin, at=NOW)

        assert not User.objects.filter(username="lin.new").exists()

    @pytest.mark.parametrize("who", ["system_admin", "audit_admin", "dispatcher", "clerk"])
    def test_only_the_security_administrator_does_it(self, world: World, who: str) -> None:
        with pytest.raises(Forbidden):
            people.create_user(someone(world), actor=world.actor(who), at=NOW)

    def test_another_citys_unit_is_out_of_reach(self, world: World, admin: Actor) -> None:
        with pytest.raises(Forbidden):
            people.create_user(
                someone(world, unit=world.units["siming_urban"]), actor=admin, at=NOW
            )


class TestEditing:
    def test_particulars_are_corrected_and_only_their_names_are_audited(
        self, clerk: User, admin: Actor
    ) -> None:
        people.edit_user(
            clerk, name="周敏敏", staff_number="0106", email="", expires_on=None,
            actor=admin, at=NOW,
        )  # fmt: skip

        clerk.refresh_from_db()
        assert (clerk.name, clerk.staff_number) == ("周敏敏", "0106")
        assert AuditRecord.objects.get(kind="user_edit").data == {
            "changed": ["name", "staff_number"]
        }

    def test_a_person_of_another_city_looks_absent(self, world: World, admin: Actor) -> None:
        with pytest.raises(NotFound):
            people.disable_user(
                world.posts["siming_clerk"].user, reason="离职", actor=admin, at=NOW
            )

    def test_a_person_with_a_post_elsewhere_is_left_to_the_administrator_above(
        self, world: World, clerk: User, admin: Actor
    ) -> None:
        people.add_post(clerk, world.units["siming_urban"], Role.CLERK, actor=SYSTEM, at=NOW)

        with pytest.raises(NotFound):
            people.reset_password(clerk, actor=admin, at=NOW)

    def test_ones_own_notices_are_ones_own_matter(self, clerk: User, world: World) -> None:
        me = world.actor("clerk")

        people.set_notices(clerk, email="zhou@example.cn", wants_email=True, actor=me, at=NOW)

        clerk.refresh_from_db()
        assert (clerk.email, clerk.wants_email) == ("zhou@example.cn", True)
        with pytest.raises(Forbidden):
            people.set_notices(
                clerk, email="", wants_email=False, actor=world.actor("agent"), at=NOW
            )
        with pytest.raises(Invalid, match="邮箱"):
            people.set_notices(clerk, email="", wants_email=True, actor=me, at=NOW)


class TestDisabling:
    def test_a_disabled_person_holds_no_post_until_let_in_again(
        self, clerk: User, admin: Actor
    ) -> None:
        people.disable_user(clerk, reason="离职", actor=admin, at=NOW)

        assert posts.current_posts(clerk, NOW) == []

        people.enable_user(clerk, actor=admin, at=NOW)
        assert len(posts.current_posts(clerk, NOW)) == 1

    def test_it_needs_a_reason_and_happens_once(self, clerk: User, admin: Actor) -> None:
        with pytest.raises(Invalid, match="停用原因"):
            people.disable_user(clerk, reason=" ", actor=admin, at=NOW)
        people.disable_user(clerk, reason="离职", actor=admin, at=NOW)
        with pytest.raises(NotAllowedNow):
            people.disable_user(clerk, reason="离职", actor=admin, at=NOW)

    def test_nobody_disables_themselves(self, world: World, admin: Actor) -> None:
        with pytest.raises(Forbidden, match="另一位"):
            people.disable_user(
                world.posts["security_admin"].user, reason="误操作", actor=admin, at=NOW
            )

    def test_the_last_security_administrator_stays(self, world: World) -> None:
        post = world.posts["security_admin"]

        with pytest.raises(NotAllowedNow, match="最后一名"):
            people.disable_user(post.user, reason="离职", actor=SYSTEM, at=NOW)
        with pytest.raises(NotAllowedNow, match="最后一名"):
            people.end_post(post, actor=SYSTEM, at=NOW)

    def test_of_two_security_administrators_one_may_go(self, world: World, clerk: User) -> None:
        people.add_post(
            clerk, world.units["fuzhou_centre"], Role.SECURITY_ADMIN, actor=SYSTEM, at=NOW
        )

        people.end_post(world.posts["security_admin"], actor=SYSTEM, at=NOW)

        assert posts.current_posts(world.posts["security_admin"].user, NOW) == []


class TestPosts:
    def test_a_person_may_hold_several_and_starts_at_the_default_one(
        self, world: World, clerk: User, admin: Actor
    ) -> None:
        second = people.add_post(clerk, world.units["gulou"], Role.CLERK, actor=admin, at=NOW)

        assert posts.default_post(clerk, NOW) == world.posts["clerk"]
        people.set_default_post(second, actor=actor_for(world.posts["clerk"]), at=NOW)
        assert posts.default_post(clerk, NOW) == second

    def test_an_ended_post_gives_way_to_the_other(
        self, world: World, clerk: User, admin: Actor
    ) -> None:
        second = people.add_post(clerk, world.units["gulou"], Role.CLERK, actor=admin, at=NOW)

        people.end_post(world.posts["clerk"], actor=admin, at=NOW)

        assert posts.current_posts(clerk, NOW) == [second]
        assert posts.holding(world.posts["clerk"].pk, clerk.pk, NOW) is None

    def test_a_post_of_tomorrow_begins_tomorrow(
        self, world: World, clerk: User, admin: Actor
    ) -> None:
        post = people.add_post(
            clerk, world.units["gulou"], Role.CLERK, actor=admin, at=NOW,
            valid_from=TOMORROW, valid_to=TOMORROW + dt.timedelta(days=7),
        )  # fmt: skip

        assert post not in posts.current_posts(clerk, NOW)
        assert post in posts.current_posts(clerk, NOW + dt.timedelta(days=1))
        assert post not in posts.current_posts(clerk, NOW + dt.timedelta(days=8))

    def test_an_ended_post_may_be_given_again(
        self, world: World, clerk: User, admin: Actor
    ) -> None:
        people.add_post(clerk, world.units["gulou"], Role.CLERK, actor=admin, at=NOW)
        people.end_post(world.posts["clerk"], actor=admin, at=NOW)

        people.add_post(clerk, world.units["urban"], Role.CLERK, actor=admin, at=NOW)

        assert len(posts.current_posts(clerk, NOW)) == 2

    def test_the_same_post_is_held_once(self, world: World, clerk: User, admin: Actor) -> None:
        with pytest.raises(Invalid, match="已在"):
            people.add_post(clerk, world.units["urban"], Role.CLERK, actor=admin, at=NOW)

    @pytest.mark.parametrize(
        ("held", "wanted"),
        [
            (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN),
            (Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN),
            (Role.SECURITY_ADMIN, Role.AUDIT_ADMIN),
            (Role.AUDIT_ADMIN, Role.SYSTEM_ADMIN),
        ],
    )
    def test_nobody_is_two_of_the_three_administrators(
        self, world: World, clerk: User, admin: Actor, held: Role, wanted: Role
    ) -> None:
        centre = world.units["fuzhou_centre"]
        people.add_post(clerk, centre, held, actor=admin, at=NOW)

        with pytest.raises(Invalid, match="三员必须分立"):
            people.add_post(clerk, centre, wanted, actor=admin, at=NOW)
        with pytest.raises(Invalid, match="三员必须分立"):  # nor by waiting
            people.add_post(clerk, centre, wanted, actor=admin, at=NOW, valid_from=TOMORROW)

    def test_one_may_follow_the_other(self, world: World, clerk: User, admin: Actor) -> None:
        centre = world.units["fuzhou_centre"]
        first = people.add_post(clerk, centre, Role.SYSTEM_ADMIN, actor=admin, at=NOW)
        people.end_post(first, actor=admin, at=NOW, effective=TOMORROW)

        people.add_post(clerk, centre, Role.AUDIT_ADMIN, actor=admin, at=NOW, valid_from=TOMORROW)

        later = posts.current_posts(clerk, NOW + dt.timedelta(days=1))
        assert Role.SYSTEM_ADMIN not in [p.role for p in later]

    def test_nobody_gives_themselves_a_post(self, world: World, admin: Actor) -> None:
        with pytest.raises(Forbidden, match="给自己"):
            people.add_post(
                world.posts["security_admin"].user, world.units["fuzhou_centre"],
                Role.REVIEWER, actor=admin, at=NOW,
            )  # fmt: skip

    def test_a_closed_unit_has_no_posts_to_give(
        self, world: World, clerk: User, admin: Actor
    ) -> None:
        unit = world.units["water"]
        close_unit(unit, successor=world.units["fuzhou_office"], actor=SYSTEM, at=NOW)
        unit.refresh_from_db()

        with pytest.raises(Invalid, match="撤销"):
            people.add_post(clerk, unit, Role.CLERK, actor=admin, at=NOW)

    def test_an_ended_post_is_neither_ended_again_nor_made_the_default(
        self, world: World, admin: Actor
    ) -> None:
        post = people.end_post(world.posts["clerk"], actor=admin, at=NOW)

        with pytest.raises(NotAllowedNow):
            people.end_post(post, actor=admin, at=NOW)
        with pytest.raises(NotAllowedNow):
            people.set_default_post(post, actor=admin, at=NOW)

    def test_a_past_day_or_an_empty_span_is_refused(
        self, world: World, clerk: User, admin: Actor
    ) -> None:
        with pytest.raises(Invalid):
            people.end_post(
                world.posts["clerk"], actor=admin, at=NOW, effective=dt.date(2020, 1, 1)
            )
        with pytest.raises(Invalid):
            people.add_post(
                clerk, world.units["gulou"], Role.CLERK, actor=admin, at=NOW, valid_to=TODAY
            )

    def test_an_expired_account_holds_no_post(self, clerk: User) -> None:
        User.objects.filter(pk=clerk.pk).update(expires_on=TODAY)

        assert posts.current_posts(clerk, NOW) == []


class TestReorganisation:
    def test_posts_and_clients_go_to_the_heir(self, world: World, clerk: User) -> None:
        old, heir = world.units["urban"], world.units["environment"]
        ApiClient.objects.create(name="城管系统", unit=old, key_prefix="jk_000000000", key_hash="x")

        merge_units([old], heir, actor=SYSTEM, at=NOW)

        post = posts.default_post(clerk, NOW)
        assert post is not None
        assert (post.unit, post.role, post.is_default) == (heir, Role.CLERK, True)
        assert ApiClient.objects.get().unit == heir
        yesterday = posts.current_posts(clerk, NOW - dt.timedelta(days=1))
        assert [p.unit for p in yesterday] == [old]
        assert Post.objects.get(pk=world.posts["clerk"].pk).valid_to == TODAY

    def test_who_is_at_the_heir_already_gets_no_second_post(
        self, world: World, clerk: User
    ) -> None:
        heir = world.units["environment"]
        people.add_post(clerk, heir, Role.CLERK, actor=SYSTEM, at=NOW)

        merge_units([world.units["urban"]], heir, actor=SYSTEM, at=NOW)

        assert [(p.unit, p.role) for p in posts.current_posts(clerk, NOW)] == [(heir, Role.CLERK)]

    def test_a_unit_with_posts_does_not_close_without_an_heir(self, world: World) -> None:
        with pytest.raises(NotAllowedNow, match="1 个在任岗位"):
            close_unit(world.units["environment"], actor=SYSTEM, at=NOW)


class TestActor:
    def test_a_post_becomes_an_actor_in_one_statement(
        self, world: World, django_assert_num_queries: Any
    ) -> None:
        held = world.posts["clerk"]

        with django_assert_num_queries(1):
            post = posts.holding(held.pk, held.user_id, NOW)
            assert post is not None
            actor = actor_for(post)

        assert (actor.name, actor.role, actor.unit_name) == ("周敏", "clerk", "鼓楼区城管局")
        assert actor.unit_path == world.units["urban"].path
        assert actor.region_path == world.regions["350102"].path
        assert actor.permissions == ROLE_PERMISSIONS[Role.CLERK]
        assert actor.key == f"user:{held.user_id}"

    def test_all_posts_for_the_switch_take_one_statement(
        self, world: World, clerk: User, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(1):
            assert [str(p) for p in posts.current_posts(clerk, NOW)] == [
                "鼓楼区城市管理局 · 承办员"
            ]

    def test_anothers_post_is_not_ones_own(self, world: World, clerk: User) -> None:
        assert posts.holding(world.posts["dispatcher"].pk, clerk.pk, NOW) is None
