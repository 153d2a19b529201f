"""The catalogue's pages: classes and schemes, duties, codes, texts, local forms."""

from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from tests.factories.world import World

from jiesu.catalogue import categories
from jiesu.catalogue.models import (
    CategoryMap,
    CodeItem,
    DutyEntry,
    FallbackUnit,
    LocalForm,
    Scheme,
    TextTemplate,
)
from jiesu.foundation import clock
from jiesu.web.form_pages import today

At = Callable[[str], Client]


def words(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_a_class_is_added_renamed_and_retired_with_what_to_choose_instead(
    at: At, top: World
) -> None:
    client = at("top_system")
    above = top.category("01")
    client.post(
        f"{reverse('manage:class-new', args=[above.scheme_id])}?parent={above.pk}",
        {"code": "0188", "name": "共享单车", "keywords": "单车"},
    )
    made = above.scheme.categories.get(code="0188")

    client.post(reverse("manage:class-edit", args=[made.pk]), {"name": "共享车辆", "keywords": ""})
    client.post(
        reverse("manage:class-retire", args=[made.pk]), {"successor": top.category("0105").pk}
    )

    made.refresh_from_db()
    assert made.path_name.endswith("› 共享车辆")
    assert made.is_retired
    assert CategoryMap.objects.get(old=made).new.code == "0105"


def test_a_city_s_editor_is_told_why_what_holds_everywhere_is_not_theirs(
    at: At, top: World
) -> None:
    scheme = Scheme.objects.get(is_active=True)

    answer = at("catalogue_editor").post(
        reverse("manage:class-new", args=[scheme.pk]), {"code": "77", "name": "某类"}
    )

    assert answer.status_code == 403
    assert "最上级热线中心" in words(answer)


def test_a_new_scheme_is_switched_to_once_every_used_class_has_its_heir(at: At, top: World) -> None:
    client = at("top_system")
    old = Scheme.objects.get(is_active=True)
    client.post(
        reverse("manage:scheme-new"), {"name": "诉求分类", "version": "新", "copy_of": old.pk}
    )
    draft = Scheme.objects.get(is_active=False)
    CategoryMap.objects.filter(old__code="0105", new__scheme=draft).delete()
    moved = draft.categories.get(code="0105")
    moved.name = "占道经营"
    moved.save()
    url = reverse("manage:scheme-switch", args=[draft.pk])

    asked = words(client.get(url))
    client.post(url, {"step": "map", f"to{top.category('0105').pk}": moved.pk})
    mapped = words(client.get(url))
    tomorrow = today().replace(year=today().year + 1)
    client.post(url, {"effective": tomorrow.isoformat()})

    assert "还有 1 个旧分类没有对应" in asked
    assert "都有了对应" in mapped
    draft.refresh_from_db()
    assert draft.valid_from == tomorrow
    assert categories.active(clock.now()) == old


def test_the_duty_list_narrows_and_says_who_answers(at: At, top: World) -> None:
    client = at("top_system")

    every = words(client.get(reverse("manage:duties")))
    one = words(client.get(reverse("manage:duties"), {"category": "0105", "region": "350102001"}))

    assert "福州水务集团" in every
    assert "派给 <b>鼓楼区城市管理局</b>" in one


def test_a_duty_is_entered_handed_over_and_ended(at: At, top: World) -> None:
    client = at("top_system")
    client.post(
        reverse("manage:duty-new"),
        {"category": "0501", "region": "350102", "unit": top.units["environment"].pk,
         "legal_basis": "《噪声污染防治法》第八条"},
    )  # fmt: skip
    entry = DutyEntry.objects.get(category__code="0501")

    client.post(
        reverse("manage:duty-replace", args=[entry.pk]),
        {"unit": top.units["urban"].pk, "legal_basis": "区政府专题会议纪要"},
    )
    new = DutyEntry.objects.get(category__code="0501", valid_to=None)
    client.post(reverse("manage:duty-end", args=[new.pk]), {})

    new.refresh_from_db()
    assert new.unit == top.units["urban"]
    assert new.valid_to == today()
    page = words(client.get(reverse("manage:duty", args=[entry.pk])))
    assert "鼓楼区城市管理局" in page


def test_a_second_unit_for_the_same_place_is_refused_at_the_form(at: At, top: World) -> None:
    answer = at("top_system").post(
        reverse("manage:duty-new"),
        {"category": "0105", "region": "350102", "unit": top.units["environment"].pk,
         "legal_basis": "保留我写的字"},
    )  # fmt: skip

    assert answer.status_code in {409, 422}
    assert "保留我写的字" in words(answer)
    assert DutyEntry.objects.filter(category__code="0105").count() == 1


def test_a_sheet_of_duties_with_one_wrong_row_enters_not_at_all(at: At, top: World) -> None:
    client = at("top_system")
    url = reverse("manage:duty-import")
    text = (
        "分类编码,区划代码,单位编码,法律依据\n"
        "0501,350102,environment,某法\n8888,350102,urban,某法\n"
    )

    client.post(url, {"file": SimpleUploadedFile("d.csv", text.encode())})
    page = words(client.get(url))
    client.post(url, {"step": "confirm"})

    assert "8888" in page
    assert "什么都还没有导入" in page
    assert not DutyEntry.objects.filter(category__code="0501").exists()


def test_a_fallback_unit_is_replaced(at: At, top: World) -> None:
    at("top_system").post(
        reverse("manage:fallback-set"), {"region": "350102", "unit": top.units["urban"].pk}
    )

    row = FallbackUnit.objects.get(valid_to=None)
    assert row.unit == top.units["urban"]


def test_a_code_is_added_reworded_retired_and_restored(at: At, top: World) -> None:
    client = at("top_system")
    client.post(
        reverse("manage:code-new", args=["return_reason"]), {"code": "drill", "label": "演练"}
    )
    item = CodeItem.objects.get(code="drill")

    client.post(
        reverse("manage:code-edit", args=[item.pk]), {"label": "演练工单", "order": item.order}
    )
    client.post(reverse("manage:code-retire", args=[item.pk]), {})
    retired = CodeItem.objects.get(pk=item.pk)
    client.post(reverse("manage:code-restore", args=[item.pk]))

    item.refresh_from_db()
    assert retired.valid_to == today()
    assert (item.label, item.valid_to) == ("演练工单", None)


def test_a_clerk_keeps_texts_of_the_own_unit_and_leaves_everybody_s_alone(
    at: At, top: World
) -> None:
    client = at("clerk")
    common = TextTemplate.objects.create(desk="unit", title="通用", body="您好")
    client.post(
        reverse("manage:text-new"),
        {"desk": "unit", "title": "本局", "body": "您好，{承办单位}已收到。", "order": "1",
         "unit": top.units["urban"].pk},
    )  # fmt: skip

    wrong = client.post(
        reverse("manage:text-new"),
        {"desk": "unit", "title": "错", "body": "{不认识}", "unit": top.units["urban"].pk},
    )
    removed = client.post(reverse("manage:text-remove", args=[common.pk]))

    assert TextTemplate.objects.get(title="本局").unit == top.units["urban"]
    assert wrong.status_code == 422
    assert removed.status_code == 403
    assert TextTemplate.objects.filter(pk=common.pk).exists()


def rows(*questions: dict[str, str]) -> dict[str, str]:
    sent = {"q-TOTAL_FORMS": str(len(questions)), "q-INITIAL_FORMS": "0"}
    for number, question in enumerate(questions):
        sent |= {f"q-{number}-{key}": value for key, value in question.items()}
    return sent


BAY = {"order": "2", "label": "车位编号", "type": "text"}
KIND = {"order": "1", "label": "停车场类型", "type": "choice", "choices": "路侧\n场库"}


def test_a_local_form_is_previewed_then_saved_in_the_order_asked_for(at: At, top: World) -> None:
    client = at("top_system")
    form = {"title": "停车补充", "category": "0105", "region": "350100", "idempotency_key": "f1"}

    shown = words(
        client.post(
            reverse("manage:local-form-new"), {**form, **rows(BAY, KIND, {"type": "text"}),
                                               "step": "preview"}
        )
    )  # fmt: skip
    before = LocalForm.objects.count()
    client.post(reverse("manage:local-form-new"), {**form, **rows(BAY, KIND), "step": "save"})

    made = LocalForm.objects.get()
    assert "还没有保存" in shown
    assert "场库" in shown
    assert before == 0
    assert [q["label"] for q in made.questions] == ["停车场类型", "车位编号"]


def test_what_is_wrong_with_a_question_stands_beside_it(at: At, top: World) -> None:
    answer = at("top_system").post(
        reverse("manage:local-form-new"),
        {"title": "停车补充", "step": "save", "idempotency_key": "f2",
         **rows(BAY, {**KIND, "choices": ""})},
    )  # fmt: skip

    page = words(answer)
    assert answer.status_code == 422
    assert "请至少添加一个选项" in page
    assert 'value="车位编号"' in page
    assert LocalForm.objects.count() == 0


def test_more_rows_are_offered_without_losing_what_was_typed(at: At, top: World) -> None:
    page = words(
        at("top_system").post(
            reverse("manage:local-form-new"), {"title": "停车", "step": "more", **rows(BAY)}
        )
    )

    assert 'value="车位编号"' in page
    assert "第 4 题" in page
