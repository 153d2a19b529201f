"""The models that suggest: how they did on orders they had not seen, which is in use."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Permission as P
from jiesu.appeals import rules
from jiesu.appeals.rules import Rule
from jiesu.catalogue.editing import must_edit
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound
from jiesu.suggestions import registry, tasks
from jiesu.suggestions.models import Kind, TrainedModel
from jiesu.web.doors import DeskRequest, desk_view, done
from jiesu.web.form_pages import Page
from jiesu.web.manage.pages import crumbs

SHOWN = 8  # versions of each kind


@dataclass(frozen=True)
class Group:
    """The versions of one kind, newest first, and what keeps the one in use from answering."""

    kind: Kind
    versions: list[TrainedModel]
    trouble: str


@desk_view(P.MANAGE_CATALOGUE)
def model_list(request: DeskRequest) -> HttpResponse:
    """Every kind's versions, with their figures, and whether orders are sent automatically."""
    groups = []
    for kind in Kind:
        used = registry.in_use(kind)
        versions = list(TrainedModel.objects.filter(kind=kind).order_by("-pk")[:SHOWN])
        groups.append(Group(kind, versions, used.trouble if used else ""))
    shown = {
        "page": Page("推荐模型", crumbs(("推荐模型", "")), reverse("manage:home")),
        "groups": groups,
        "automatic": rules.value(Rule.AUTO_DISPATCH_CONFIDENCE, clock.now()),
        "may_switch": request.actor.may(P.MANAGE_SYSTEM),
        "rule": Rule.AUTO_DISPATCH_CONFIDENCE.value,
    }
    return render(request, "manage/models.html", shown)


@require_POST
@desk_view(P.MANAGE_CATALOGUE)
def model_activate(request: DeskRequest, pk: int) -> HttpResponse:
    """Put a version to use; an older one is a roll back."""
    row = registry.activate(
        get_object_or_404(TrainedModel, pk=pk), actor=request.actor, at=clock.now()
    )
    return done(request, f"{row} 已启用。", reverse("manage:models"))


@require_POST
@desk_view(P.MANAGE_CATALOGUE)
def model_train(request: DeskRequest, kind: str) -> HttpResponse:
    """Let a worker learn a new version; one that is worse is not put to use."""
    if kind not in Kind.values:
        raise NotFound
    must_edit(request.actor, None, P.MANAGE_CATALOGUE)
    tasks.learn.enqueue(kind)
    said = "已开始训练，完成后在这里显示检验结果；不如在用的模型不会启用。"
    return done(request, said, reverse("manage:models"))
