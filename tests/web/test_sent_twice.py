"""A double click makes one thing; a page that is no longer true changes nothing.

Both are walked over every dialog and every page that creates, so that a new one cannot forget it.
"""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from tests.factories import appeals as make
from tests.factories.world import World
from tests.web.manage.conftest import top  # noqa: F401 - a fixture
from tests.web.signed_in import client_of

from jiesu.accounts.models import ApiClient, Post, User
from jiesu.appeals.lifecycle import APPEAL_MOVES, ASSIGNMENT_MOVES
from jiesu.appeals.models import Appeal, Application, Assignment, Consultation, Contact, Event
from jiesu.catalogue.models import Category, CodeItem, DutyEntry, LocalForm, Scheme, TextTemplate
from jiesu.deadlines.models import LimitPolicy
from jiesu.exports.models import Export
from jiesu.foundation import clock
from jiesu.foundation.errors import ChangedMeanwhile
from jiesu.organizations.models import Region, Unit
from jiesu.web.manage import urls as manage_urls
from jiesu.web.orders.dialogs import ASSIGNMENT_DIALOGS, DIALOGS

pytestmark = pytest.mark.django_db
TODAY = clock.now().date()
TOMORROW = (TODAY + dt.timedelta(days=1)).isoformat()


# --- sent twice -----------------------------------------------------------------------------------

# (who, dialog, what is typed, what it makes): moves that leave the order where it stands
STAYING: list[tuple[str, str, dict[str, Any], type[Model]]] = [
    ("agent", "add_facts", {"text": "又来了三个摊"}, Event),
    ("agent", "urge", {"text": "请快些"}, Event),
    ("dispatcher", "consult", {"question": "谁管？", "unit1": "environment"}, Consultation),
    ("dispatcher", "add_joint", {"joint1": "environment"}, Assignment),
    ("clerk", "contact", {"way": "phone", "reached": "yes", "note": "已联系"}, Contact),
    ("clerk", "request_return",
     {"reason_code": "not_our_duty", "reason": "不属本局职责", "basis": "三定方案第三条",
      "suggested_unit": "environment"}, Application),
    ("clerk", "apply",
     {"kind": "suspension", "reason_code": "lawsuit", "reason": "已起诉",
      "citizen_told": "已电话告知"}, Application),
    ("clerk", "pass_down", {"unit": "urban_section"}, Assignment),
]  # fmt: skip


@pytest.mark.parametrize(("who", "name", "typed", "made"), STAYING, ids=[s[1] for s in STAYING])
def test_a_dialog_sent_twice_does_it_once(
    world: World, who: str, name: str, typed: dict[str, Any], made: type[Model]
) -> None:
    just_now = clock.now() - dt.timedelta(minutes=90)  # a return has a limit of its own
    assignment = make.signed(world, just_now)
    client = client_of(world, who)
    url = address(assignment, name)
    page = client.get(url).content.decode()
    version = re.search(r'name="version" value="(\d+)"', page)
    said = {k: world.units[v].pk if v in world.units else v for k, v in typed.items()}
    said["idempotency_key"] = "double-click"
    if version:
        said["version"] = version[1]
    before = made._default_manager.count()

    first = client.post(url, said)
    again = client.post(url, said)

    assert (first.status_code, made._default_manager.count()) == (302, before + 1), first.content
    assert again.status_code in {302, 409}


def address(assignment: Assignment, name: str) -> str:
    number = assignment.appeal.number
    if name in DIALOGS:
        return reverse("orders:move", args=[number, name])
    return reverse("orders:assignment-move", args=[number, assignment.pk, name])


def test_other_words_under_the_same_key_are_another_addition(world: World) -> None:
    appeal = make.signed(world).appeal
    client = client_of(world, "agent")
    url = reverse("orders:move", args=[appeal.number, "add_facts"])

    client.post(url, {"text": "又来了三个摊", "idempotency_key": "k"})
    client.post(url, {"text": "还有噪声", "idempotency_key": "k"})

    assert appeal.events.filter(kind="add_facts").count() == 2


def test_a_refusal_leaves_the_key_free(world: World) -> None:
    appeal = make.signed(world).appeal
    client = client_of(world, "dispatcher")
    url = reverse("orders:move", args=[appeal.number, "consult"])
    said = {"question": "", "unit1": world.units["environment"].pk, "idempotency_key": "k"}

    refused = client.post(url, said)
    given = client.post(url, {**said, "question": "谁管？"})

    assert (refused.status_code, given.status_code) == (422, 302)


def test_a_citizens_addition_and_urging_count_once(world: World) -> None:
    appeal = make.signed(world).appeal
    client = Client()
    client.post("/query/", {"number": appeal.number, "proof": appeal.query_code or "2046"})

    for name, typed in (("facts", {"text": "又来了三个摊"}), ("urge", {"text": "请快些"})):
        url = reverse(f"citizen:{name}", args=[appeal.number])
        answers = [client.post(url, {**typed, "idempotency_key": f"{name}-1"}) for _ in range(2)]

        assert [a.status_code for a in answers] == [302, 302], name
    assert appeal.events.filter(kind="add_facts").count() == 1
    assert appeal.events.filter(kind="urge").count() == 1


def test_an_export_asked_for_twice_is_made_once(world: World) -> None:
    client = client_of(world, "dispatcher")
    said = {"title": "工单", "format": "csv", "columns": ["number"], "idempotency_key": "k"}

    answers = [client.post("/orders/export/", said) for _ in range(2)]

    assert [a.status_code for a in answers] == [302, 302]
    assert Export.objects.count() == 1


def creating(top: World) -> dict[str, tuple[str, str, dict[str, Any], type[Model]]]:  # noqa: F811
    """URL name: (who, the address's key, what is typed, what it makes)."""
    urban, scheme = top.units["urban"].pk, Scheme.objects.get(is_active=True)
    return {
        "unit-new": ("top_system", "", {
            "name": "鼓楼区园林中心", "short_name": "园林中心", "code": "garden",
            "kind": "department", "region": "350102", "parent": top.units["gulou"].pk,
            "inner_review_steps": "0", "order": "0"}, Unit),
        "region-new": ("top_system", "", {
            "code": "350102999", "name": "新街道", "level": "street", "parent": "350102"}, Region),
        "person-new": ("top_security", "", {
            "username": "linxia", "name": "林夏", "unit": urban, "role": "clerk"}, User),
        "post-new": ("top_security", str(top.posts["clerk"].user_id), {
            "unit": top.units["environment"].pk, "role": "clerk"}, Post),
        "api-client-new": ("top_security", "", {
            "name": "测试平台", "unit": urban, "kind": "unit", "per_minute": "60"}, ApiClient),
        "scheme-new": ("top_system", "", {"name": "新方案", "version": "2099"}, Scheme),
        "class-new": ("top_system", str(scheme.pk), {"code": "77", "name": "新类"},
                      Category),
        "duty-new": ("top_system", "", {
            "category": "0801", "region": "350102", "unit": urban, "legal_basis": "条例第一条",
            "valid_from": TOMORROW}, DutyEntry),
        "code-new": ("top_system", "channel", {"code": "fax", "label": "传真", "order": "99"},
                     CodeItem),
        "text-new": ("top_system", "", {
            "desk": "unit", "title": "测试用语", "body": "您好", "order": "1"}, TextTemplate),
        "local-form-new": ("top_system", "", {
            "title": "停车", "effective": TOMORROW, "q-TOTAL_FORMS": "1", "q-INITIAL_FORMS": "0",
            "q-0-order": "1", "q-0-label": "车位号", "q-0-type": "text"}, LocalForm),
        "limit-new": ("top_system", "", {
            "clock": "handle", "appeal_type": "05", "urgency": "2", "amount": "3",
            "unit": "work_days", "valid_from": TOMORROW}, LimitPolicy),
    }  # fmt: skip


NEW_PAGES = [p.name for p in manage_urls.urlpatterns if str(p.name).endswith("-new")]


@pytest.mark.parametrize("name", NEW_PAGES)
def test_a_managers_form_sent_twice_makes_one(top: World, name: str) -> None:  # noqa: F811
    who, key, typed, made = creating(top)[name]
    client = client_of(top, who)
    url = reverse(f"manage:{name}", args=[key] if key else [])
    before = made._default_manager.count()

    answers = [client.post(url, {**typed, "idempotency_key": f"{name}-1"}) for _ in range(2)]

    said = [re.findall(r'class="field-error"[^>]*>([^<]+)', a.content.decode()) for a in answers]
    assert made._default_manager.count() == before + 1, (answers[0].status_code, said)
    assert answers[0].status_code in {200, 302}
    assert answers[1].status_code in {302, 409}, said[1]


# --- a page that is no longer true ----------------------------------------------------------------

Open = Callable[[World], tuple[str, str, dict[str, Any]]]  # who, address, what is typed


def work_pages(world: World) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """The work pages that change an order: who, where, what is typed."""
    waiting, reported, answered = make.accepted(world), make.reported(world), make.answered(world)
    signed = make.signed(world)
    number, pk = signed.appeal.number, signed.pk
    reply = {"public_reply": "您好，已处理完毕，谢谢您的来电反映。"}
    return {
        "dispatch": ("dispatcher", reverse("dispatch:work", args=[waiting.number]),
                     {"lead": world.units["urban"].pk}),
        "review": ("reviewer", reverse("review:work", args=[reported.number]),
                   {**reply, "verdict": "approve"}),
        "callback": ("callback", reverse("callback:work", args=[answered.number]),
                     {"reached": "yes", "solved": "yes", "satisfaction": "5"}),
        "report": ("clerk", reverse("unit:report", args=[number, pk]),
                   {**reply, "handling_report": "已清理。", "solved": "yes"}),
        "draft": ("clerk", reverse("unit:save-draft", args=[number, pk]), reply),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["dispatch", "review", "callback", "report", "draft"])
def test_a_work_page_that_is_stale_changes_nothing_and_says_so(world: World, name: str) -> None:
    who, url, typed = work_pages(world)[name]
    before = list(Appeal.objects.order_by("pk").values_list("version", "status"))

    answer = client_of(world, who).post(url, {**typed, "version": "0"})

    assert answer.status_code == 409
    assert ChangedMeanwhile().message in answer.content.decode()
    assert list(Appeal.objects.order_by("pk").values_list("version", "status")) == before


def holder_of(world: World, needs: str) -> str:
    return next(
        name for name in ("dispatcher", "shift_lead", "agent", "reviewer", "callback", "clerk",
                          "section_head")
        if world.actor(name).may(needs)  # type: ignore[arg-type]  # a permission is its text
    )  # fmt: skip


@pytest.mark.parametrize("name", [*DIALOGS, *ASSIGNMENT_DIALOGS])
def test_a_dialog_that_is_stale_changes_nothing_and_says_so(world: World, name: str) -> None:
    assignment = make.signed(world)
    needs = (APPEAL_MOVES if name in DIALOGS else ASSIGNMENT_MOVES)[name].needs
    client = client_of(world, holder_of(world, str(needs)))
    before = Appeal.objects.values_list("version", flat=True).get()

    answer = client.post(address(assignment, name), {"version": "0", "reason": "x", "text": "x"})

    assert answer.status_code == 409
    assert ChangedMeanwhile().message in answer.content.decode()
    assert Appeal.objects.values_list("version", flat=True).get() == before
