"""Making schemes, changing them from a day on, ending them."""

import datetime as dt
from importlib import resources

import orjson
from django.db import IntegrityError, transaction

from jiesu.access import Actor, Permission, may_manage
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, NotAllowedNow, NotFound, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.organizations.models import Region
from jiesu.scoring import definitions
from jiesu.scoring.definitions import Definition, from_json, to_json
from jiesu.scoring.lifecycle import PeriodState
from jiesu.scoring.models import Period, SchemeVersion, ScoreScheme
from jiesu.scoring.spans import day_of, span

STALE = "该方案已被他人修改，请刷新后重试。您填写的内容已保留。"


def shipped() -> dict[str, tuple[str, Definition]]:
    """The worked schemes that come with the product: name and definition by key."""
    folder = resources.files("jiesu.scoring").joinpath("seed")
    found = {}
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".json"):
            said = orjson.loads(file.read_bytes())
            found[file.name.removesuffix(".json")] = (said["name"], from_json(said["definition"]))
    return found


def held_on(scheme: ScoreScheme, day: dt.date) -> SchemeVersion | None:
    """What the scheme says on a day; None before its first day."""
    rows = SchemeVersion.objects.filter(scheme=scheme, valid_from__lte=day)
    return rows.order_by("-valid_from").first()


def get_scheme_for(actor: Actor, pk: int) -> ScoreScheme:
    """A scheme of the actor's region or below; another's looks absent."""
    scheme = ScoreScheme.objects.select_related("region").filter(pk=pk).first()
    if scheme is None or not may_manage(actor, Permission.SCORING_VIEW, scheme.region.path):
        raise NotFound("没有找到该考核方案，或它不在您的管理范围内。")
    return scheme


@transaction.atomic
def create_scheme(
    name: str, region: Region, definition: Definition, *, actor: Actor, at: dt.datetime,
    valid_from: dt.date, note: str = "",
) -> ScoreScheme:  # fmt: skip
    """This will make a scheme for a region's units, holding from the first day of a period on.

    Refusals: Forbidden outside the actor's region; Invalid at its fields (weights that do not add
    up, a day inside a period, a name taken).
    """
    _must_manage(actor, region)
    title = clean_text(name, max_length=64, field="name", label="名称", multiline=False)
    if not title:
        raise invalid("name", "请填写方案名称。", "required")
    definitions.check(definition)
    _must_begin(definition, valid_from)
    try:
        with transaction.atomic():
            scheme = ScoreScheme.objects.create(name=title, region=region)
    except IntegrityError:
        raise invalid("name", "本区划已有同名方案，请换一个名称。", "taken") from None
    _write(scheme, definition, valid_from, note, actor, at)
    return scheme


@transaction.atomic
def set_version(
    scheme: ScoreScheme, definition: Definition, *, actor: Actor, at: dt.datetime,
    valid_from: dt.date, version: int, note: str = "",
) -> SchemeVersion:  # fmt: skip
    """This will let a scheme say something else from the first day of a period on.

    Refusals: ChangedMeanwhile; Invalid at its fields; NotAllowedNow when a frozen or published
    period lies on or after that day, or one that runs would be cut in two.
    """
    _must_manage(actor, scheme.region)
    locked = ScoreScheme.objects.select_for_update().get(pk=scheme.pk)
    if locked.version != version:
        raise ChangedMeanwhile(STALE)
    definitions.check(definition)
    _must_begin(definition, valid_from)
    after = Period.objects.filter(scheme=scheme, last__gte=valid_from).order_by("-last")
    settled = after.exclude(state=PeriodState.PREVIEW).first()
    if settled is not None:
        raise NotAllowedNow(
            f"{settled.name}已冻结，冻结期内的方案不能改动。请选择 "
            f"{settled.last + dt.timedelta(days=1):%Y-%m-%d} 及以后的启用日期。",
            code="frozen_period",
        )
    cut = after.filter(first__lt=valid_from).first()
    if cut is not None:
        raise NotAllowedNow(
            f"{cut.name}正在考核，新方案不能从期中开始。请选择 "
            f"{cut.last + dt.timedelta(days=1):%Y-%m-%d} 及以后的启用日期。",
            code="overlap",
        )
    ScoreScheme.objects.filter(pk=scheme.pk).update(version=version + 1)
    return _write(scheme, definition, valid_from, note, actor, at)


@transaction.atomic
def end_scheme(scheme: ScoreScheme, *, actor: Actor, at: dt.datetime) -> None:
    """This will stop a scheme: no further period begins; what was scored stays."""
    _must_manage(actor, scheme.region)
    if not ScoreScheme.objects.filter(pk=scheme.pk, ended_at=None).update(ended_at=at):
        raise NotAllowedNow("该方案已经停用。")
    audit.record("scoring.scheme_ended", actor=actor, at=at, subject=f"score_scheme:{scheme.pk}")


def _must_manage(actor: Actor, region: Region) -> None:
    if not may_manage(actor, Permission.SCORING_MANAGE, region.path):
        raise Forbidden("考核方案只能由本区划的效能办制定。")


def _must_begin(definition: Definition, day: dt.date) -> None:
    whole = span(definition.every, day)
    if whole.first != day:
        raise invalid(
            "valid_from",
            f"启用日期须是考核期的第一天，例如 {whole.first:%Y-%m-%d}。",
            "not_first_day",
        )


def _write(
    scheme: ScoreScheme, definition: Definition, day: dt.date, note: str, actor: Actor,
    at: dt.datetime,
) -> SchemeVersion:  # fmt: skip
    said = to_json(definition)
    row, _ = SchemeVersion.objects.update_or_create(
        scheme=scheme, valid_from=day,
        defaults={
            "definition": said, "set_by": actor.name, "set_at": at,
            "note": clean_text(note, max_length=200, field="note", label="依据或说明"),
        },
    )  # fmt: skip
    audit.record(
        "scoring.scheme_set", actor=actor, at=at, subject=f"score_scheme:{scheme.pk}",
        data={"name": scheme.name, "valid_from": day.isoformat(), "definition": said,
              "note": note, "today": day_of(at).isoformat()},
    )  # fmt: skip
    return row
