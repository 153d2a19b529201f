"""What the text of an appeal suggests, before or without registering it."""

from django.http import HttpResponse
from ninja import Router

from jiesu.access import Permission as P
from jiesu.api.v1 import door, inputs
from jiesu.api.v1.auth import Call
from jiesu.api.v1.outputs.suggestions import SuggestionsOut, suggestions_out
from jiesu.appeals import lookups
from jiesu.suggestions.classes import suggest_classes, suggest_types
from jiesu.suggestions.units import suggest_units

router = Router(tags=["推荐"])


@router.post(
    "/suggestions", response=SuggestionsOut, **door.spec("推荐分类和单位", P.INTAKE_REGISTER)
)
def suggestions(request: Call, body: inputs.Suggest) -> HttpResponse:
    """按内容推荐分类、诉求类型；另给出分类和区划时推荐承办单位。只推荐，不改动工单，不留存内容。"""
    door.require(request.actor, P.INTAKE_REGISTER)
    at = request.at
    units = []
    if body.region:
        category = lookups.category(body.category, at, "category") if body.category else None
        where = door.region(body.region)
        units = suggest_units(category, where, at, content=body.content, title=body.title)
    classes = suggest_classes(body.content, at, title=body.title)
    types = suggest_types(body.content, title=body.title)
    return door.answer(suggestions_out(classes, types, units))
