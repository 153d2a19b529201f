"""Limits, the calendar, process rules, the audit: their pages."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from tests.factories.world import MONDAY, World

from jiesu.appeals import rules
from jiesu.appeals.actions import process_rules
from jiesu.appeals.models import ProcessRule
from jiesu.appeals.rules import Rule
from jiesu.deadlines.models import CalendarDay, CalendarYear, LimitPolicy, OfficeHours
from jiesu.foundation import clock
from jiesu.foundation.errors import Forbidden, Invalid, NotAllowedNow
from jiesu.journal.models import AuditRecord
from jiesu.web.form_pages import today

At = Callable[[str], Client]
NOTICE = """一、元旦：1月1日（周五）至3日（周日）放假调休，共3天。
二、春节：2月5日（周五）至11日（周四）放假调休，共7天。2月14日（周日）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。5月8日（周六）上班。
五、端午节：6月9日（周三）放假，共1天。
六、中秋节：9月15日（周三）放假，共1天。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。10月9日（周六）上班。"""


def words(answer: HttpResponse) -> str:
    return answer.content.decode()


def handling(appeal_type: str = "03") -> LimitPolicy:
    return LimitPolicy.objects.get(
        clock="handle", appeal_type=appeal_type, urgency="", valid_to=None
    )


def test_the_matrix_tells_each_kind_of_appeal_its_limits(at: At, top: World) -> None:
    page = words(at("top_system").get(reverse("manage:limits")))

    assert "特急" in page
    assert "10 个工作日" in page
    assert "提前 1 个工作日 黄牌" in page


def test_a_limit_is_replaced_from_a_day_on_and_taken_back(at: At, top: World) -> None:
    client = at("top_system")
    policy = handling()
    later = today() + dt.timedelta(days=20)
    client.post(
        reverse("manage:limit-replace", args=[policy.pk]),
        {"amount": "7", "unit": "work_days", "yellow_amount": "1", "yellow_unit": "work_days",
         "valid_from": later.isoformat(), "note": "提速"},
    )  # fmt: skip
    new = LimitPolicy.objects.get(key=policy.key, version=2)

    then = words(client.get(reverse("manage:limits"), {"on": later.isoformat()}))
    client.post(reverse("manage:limit-cancel", args=[new.pk]))

    assert "7 个工作日" in then
    assert handling().pk == policy.pk


def test_a_limit_of_the_past_is_refused_at_its_field(at: At, top: World) -> None:
    policy = handling()
    answer = at("top_system").post(
        reverse("manage:limit-replace", args=[policy.pk]),
        {"amount": "7", "unit": "work_days", "yellow_amount": "", "yellow_unit": "",
         "valid_from": "2020-01-01", "note": ""},
    )  # fmt: skip

    assert answer.status_code == 422
    assert handling().pk == policy.pk


def test_a_county_s_own_limit_shows_in_its_matrix_only(at: At, top: World) -> None:
    client = at("top_system")
    client.post(
        reverse("manage:limit-new"),
        {"clock": "handle", "appeal_type": "03", "urgency": "", "difficult": "",
         "region": "350102", "amount": "6", "unit": "work_days", "yellow_amount": "",
         "yellow_unit": "", "valid_from": today().isoformat(), "note": ""},
    )  # fmt: skip

    there = words(client.get(reverse("manage:limits"), {"region": "350102"}))
    elsewhere = words(client.get(reverse("manage:limits"), {"region": "350103"}))

    assert there.count("6 个工作日") > elsewhere.count("6 个工作日")
    assert "鼓楼区" in elsewhere  # listed below: counties with their own


def test_trying_a_limit_explains_which_days_count(at: At, top: World) -> None:
    page = words(
        at("top_system").get(
            reverse("manage:limit-try"),
            {"start": "2026-02-12T10:00", "clock": "handle", "appeal_type": "02",
             "unit": "work_days"},
        )
    )  # fmt: skip

    assert "02-14（调休上班）" in page
    assert "春节" in page
    assert "2月24日 17:30 到期" in page


def test_trying_without_a_step_or_a_length_says_what_is_missing(at: At, top: World) -> None:
    answer = at("top_system").get(reverse("manage:limit-try"), {"start": "2026-02-12T10:00"})

    assert answer.status_code == 422
    assert "请选择哪一步，或自己填写期限" in words(answer)


def test_a_notice_is_read_back_before_it_is_loaded(at: At, top: World) -> None:
    client = at("top_system")
    url = reverse("manage:calendar-load")
    form = {"year": "2027", "notice": "国办发明电〔2026〕7号", "text": NOTICE}

    read = words(client.post(url, {**form, "step": "read"}))
    before = CalendarYear.objects.get(year=2027).provisional
    loaded = words(client.post(url, {**form, "step": "load"}, follow=True))

    assert "读出" in read
    assert "2月14日（周日）上班" in read
    assert before
    assert not CalendarYear.objects.get(year=2027).provisional
    assert "2027 年已载入" in loaded
    assert CalendarDay.objects.get(date=dt.date(2027, 2, 14)).is_workday


def test_a_notice_that_cannot_be_read_says_so_and_stays_typed(at: At, top: World) -> None:
    answer = at("top_system").post(
        reverse("manage:calendar-load"),
        {"year": "2027", "notice": "某号", "text": "大家过年好", "step": "read"},
    )

    assert answer.status_code == 422
    assert "没有读出放假日期" in words(answer)
    assert "大家过年好" in words(answer)


def test_a_year_comes_from_a_sheet_too(at: At, top: World) -> None:
    client = at("top_system")
    url = reverse("manage:calendar-import", args=[2027])
    days = ["2027-01-01,放假,元旦", "2027-05-01,放假,劳动节", "2027-10-01,放假,国庆节",
            "2027-10-02,放假,国庆节"]  # fmt: skip
    bad = "日期,安排,节日\n2027-13-01,放假,元旦\n" + "\n".join(days)
    good = "日期,安排,节日\n" + "\n".join(days)

    client.post(url, {"file": SimpleUploadedFile("y.csv", bad.encode())})
    refused = words(client.get(url))
    client.post(url, {"file": SimpleUploadedFile("y.csv", good.encode())})
    client.post(url, {"step": "confirm"})

    assert "不是日期" in refused
    assert not CalendarYear.objects.get(year=2027).provisional


def test_office_hours_are_set_from_a_day_on(at: At, top: World) -> None:
    client = at("top_system")
    day = today() + dt.timedelta(days=3)

    wrong = client.post(
        reverse("manage:hours-set"), {"intervals": "八点到五点", "valid_from": day.isoformat()}
    )
    client.post(
        reverse("manage:hours-set"),
        {"intervals": "08:00-12:00 15:00-18:00", "valid_from": day.isoformat()},
    )

    assert wrong.status_code == 422
    assert OfficeHours.objects.get(valid_from=day).intervals == "08:00-12:00 15:00-18:00"


def test_a_city_s_editor_may_look_at_the_calendar_and_not_change_it(at: At, top: World) -> None:
    client = at("catalogue_editor")

    seen = client.get(reverse("manage:calendar"))
    refused = client.post(
        reverse("manage:calendar-load"),
        {"year": "2027", "notice": "某号", "text": NOTICE, "step": "load"},
    )

    assert seen.status_code == 200
    assert refused.status_code == 403


# --- process rules --------------------------------------------------------------------------------


def test_a_rule_holds_from_its_day_on_and_before_it_as_before(top: World) -> None:
    actor = top.actor("top_system")
    later = MONDAY + dt.timedelta(days=10)

    process_rules.set_rule(
        "max_redo", 3, actor=actor, at=MONDAY, effective=later.date(), note="试行"
    )

    assert rules.value(Rule.MAX_REDO, MONDAY) == 2
    assert rules.value(Rule.MAX_REDO, later) == 3
    assert AuditRecord.objects.get(kind="process_rules.set").data["value"] == 3


def test_a_rule_set_between_two_others_ends_where_the_next_begins(top: World) -> None:
    actor = top.actor("top_system")
    day = MONDAY.date()
    for value, after in ((3, 30), (1, 10)):
        process_rules.set_rule(
            "max_redo", value, actor=actor, at=MONDAY, effective=day + dt.timedelta(days=after)
        )

    middle = ProcessRule.objects.get(value=1)
    assert middle.valid_to == day + dt.timedelta(days=30)


def test_a_rule_taken_back_leaves_the_one_before_it(top: World) -> None:
    actor = top.actor("top_system")
    process_rules.set_rule("max_redo", 3, actor=actor, at=MONDAY)
    row = process_rules.set_rule(
        "max_redo", 4, actor=actor, at=MONDAY, effective=MONDAY.date() + dt.timedelta(days=5)
    )

    process_rules.cancel_rule(row, actor=actor, at=MONDAY)

    present = ProcessRule.objects.get()
    assert (present.value, present.valid_to) == (3, None)
    with pytest.raises(NotAllowedNow):
        process_rules.cancel_rule(present, actor=actor, at=MONDAY)


@pytest.mark.parametrize(("value", "days"), [(99, 0), (3, -1), (2, 0)])
def test_a_rule_out_of_bounds_in_the_past_or_the_same_is_refused(
    top: World, value: int, days: int
) -> None:
    with pytest.raises(Invalid):
        process_rules.set_rule(
            "max_redo", value, actor=top.actor("top_system"), at=MONDAY,
            effective=MONDAY.date() + dt.timedelta(days=days),
        )  # fmt: skip


def test_a_city_s_administrator_does_not_set_what_holds_everywhere(top: World) -> None:
    with pytest.raises(Forbidden):
        process_rules.set_rule("max_redo", 3, actor=top.actor("system_admin"), at=MONDAY)


def test_the_page_sets_a_rule_and_shows_who_did(at: At, top: World) -> None:
    client = at("top_system")

    client.post(
        reverse("manage:process-edit", args=["max_redo"]), {"value": "3", "note": "省里要求"}
    )

    page = words(client.get(reverse("manage:process")))
    assert "省里要求" in page
    assert rules.value(Rule.MAX_REDO, clock.now()) == 3


# --- the audit ------------------------------------------------------------------------------------


def test_what_was_changed_stands_in_the_audit_in_words(at: At, top: World) -> None:
    at("top_system").post(
        reverse("manage:process-edit", args=["max_redo"]), {"value": "3", "note": "省里要求"}
    )
    client = at("top_audit")

    page = words(client.get(reverse("manage:audit"), {"family": "process"}))
    record = AuditRecord.objects.get(kind="process_rules.set")
    one = words(client.get(reverse("manage:audit-record", args=[record.pk])))

    assert "修改流程规则" in page
    assert "省里要求" in one
    assert "与写入时一致" in one


def test_an_edited_record_is_called_so(at: At, top: World) -> None:
    process_rules.set_rule("max_redo", 3, actor=top.actor("top_system"), at=MONDAY)
    record = AuditRecord.objects.get(kind="process_rules.set")
    AuditRecord.objects.filter(pk=record.pk).update(actor_name="别人")

    page = words(at("top_audit").get(reverse("manage:audit-record", args=[record.pk])))

    assert "被改动过" in page


def test_a_city_s_auditor_sees_what_was_done_from_the_city(at: At, top: World) -> None:
    process_rules.set_rule("max_redo", 3, actor=top.actor("top_system"), at=MONDAY)
    record = AuditRecord.objects.get(kind="process_rules.set")
    client = at("audit_admin")

    page = words(client.get(reverse("manage:audit"), {"family": "process"}))
    one = client.get(reverse("manage:audit-record", args=[record.pk]))

    assert "修改流程规则" not in page
    assert one.status_code == 404


def test_the_audit_turns_pages_by_key_and_exports_what_was_filtered(at: At, top: World) -> None:
    actor = top.actor("top_system")
    for number in range(60):
        at_ = MONDAY + dt.timedelta(minutes=number)
        process_rules.set_rule("archive_after_days", 31 + number, actor=actor, at=at_)
    client = at("top_audit")

    first = client.get(reverse("manage:audit"), {"family": "process"})
    table = first.context["table"]
    second = client.get(
        reverse("manage:audit"), {"family": "process", "after": table.page.next}
    ).context["table"]
    taken = client.get(reverse("manage:audit-export"), {"family": "process", "format": "csv"})

    assert len(table.page.items) == 50
    assert len(second.page.items) == 10
    assert taken.content.decode("utf-8-sig").count("修改流程规则") == 60
    assert AuditRecord.objects.filter(kind="manage_export").count() == 1
