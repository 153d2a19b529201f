"""Which model is in use, its switch, its roll back, and what is wrong with it.

A model that cannot be read is a defect of one file, not of the desk: whoever asks gets None, the
log and ``/readyz`` say why.
"""

import datetime as dt
import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, transaction

from jiesu.access import Actor, Permission
from jiesu.catalogue.editing import must_edit
from jiesu.foundation.errors import NotAllowedNow
from jiesu.journal import audit
from jiesu.suggestions.models import Kind, TrainedModel
from jiesu.textintel.asked import Text

if TYPE_CHECKING:
    from jiesu.textintel.linear import Linear

log = logging.getLogger(__name__)

RECHECK_SECONDS = 5.0
TOLERATED = 0.002  # how much less accurate on the same orders is no worse: a handful of orders


@dataclass(frozen=True)
class InUse:
    """A model as it is asked: None with the ``trouble`` that keeps it from answering."""

    version: str
    model: "Linear | None"
    trouble: str = ""
    checksum: str = ""


_lock = threading.RLock()
_loaded: dict[str, InUse] = {}
_looked_at: dict[str, float] = {}


def text_for(kind: Kind, title: str, content: str, category: str, region: str) -> Text:
    """What a model of that kind reads of an order. Of a unit's it also reads class and area."""
    if kind is Kind.UNIT:
        return Text(f"{title}\n{content}", f"{category} {region}")
    return Text(content, title)


def folder() -> Path:
    """Where the files of models stand."""
    return Path(settings.JIESU_VAR) / "models"


def forget() -> None:
    """Look anew which models are in use."""
    with _lock:
        _loaded.clear()
        _looked_at.clear()


def in_use(kind: Kind) -> InUse | None:
    """The model in use, None while none was trained. At most one statement every five seconds."""
    with _lock:
        if time.monotonic() - _looked_at.get(kind, float("-inf")) >= RECHECK_SECONDS:
            _look(kind)
            _looked_at[kind] = time.monotonic()
        return _loaded.get(kind)


def _look(kind: Kind) -> None:
    row = TrainedModel.objects.filter(kind=kind, is_active=True).first()
    if row is None:
        _loaded.pop(kind, None)
        return
    held = _loaded.get(kind)
    if held is not None and held.checksum == row.checksum and held.model is not None:
        return
    from jiesu.textintel import store  # numpy is loaded with the first model, not with the web

    try:
        model = store.load(folder() / row.file, row.checksum)
        _loaded[kind] = InUse(row.version, model, checksum=row.checksum)
    except store.WrongModel as wrong:
        if held is None or held.trouble != str(wrong):
            log.error("model %s %s cannot be used: %s", kind, row.version, wrong)
        _loaded[kind] = InUse(row.version, None, str(wrong), row.checksum)


def troubles() -> list[str]:
    """What is wrong with the models in use, for ``/readyz``."""
    try:
        found = [in_use(kind) for kind in Kind]
    except DatabaseError:
        return []
    return [one.trouble for one in found if one is not None and one.trouble]


def has_trouble(kind: Kind) -> bool:
    """Whether a model is in use but cannot answer."""
    used = in_use(kind)
    return used is not None and used.model is None


def is_worse(figures: dict[str, float], than: dict[str, float]) -> bool:
    """Whether a model did worse than another on the same orders."""
    return bool(than) and figures["accuracy"] < than["accuracy"] - TOLERATED


@transaction.atomic
def activate(row: TrainedModel, *, actor: Actor, at: dt.datetime) -> TrainedModel:
    """This will put a trained model to use; the one before stays, to roll back to.

    Refused: one already in use, one whose file cannot be read, and one that did worse than the
    model in use did on the same held-out orders.
    """
    from jiesu.textintel import store

    must_edit(actor, None, Permission.MANAGE_CATALOGUE)
    list(TrainedModel.objects.select_for_update().filter(kind=row.kind).values_list("pk"))
    row.refresh_from_db()
    if row.is_active:
        raise NotAllowedNow("该模型已经在用。")
    before = TrainedModel.objects.filter(kind=row.kind, is_active=True).first()
    is_new = row.activated_at is None
    if is_new and before is not None and is_worse(row.figures, row.compared):
        raise NotAllowedNow(
            f"该模型在同一批检验工单上不如在用的模型（准确率 {row.figures['accuracy']:.1%}，"
            f"在用 {row.compared['accuracy']:.1%}），不能启用。请补充工单后重新训练。",
            code="worse_model",
        )
    try:
        store.load(folder() / row.file, row.checksum)
    except store.WrongModel as wrong:
        raise NotAllowedNow(f"{wrong}不能启用，请重新训练。", code="wrong_model") from wrong
    if before is not None:
        before.is_active = False
        before.save(update_fields=["is_active"])
    row.is_active, row.activated_at, row.activated_by = True, at, actor.name
    row.save(update_fields=["is_active", "activated_at", "activated_by"])
    audit.record(
        "model.activated",
        actor=actor,
        at=at,
        subject=f"model:{row.kind}",
        data={"version": row.version, "before": before.version if before else "",
              "rolled_back": not is_new},
    )  # fmt: skip
    transaction.on_commit(forget)
    return row


def roll_back(kind: Kind, *, actor: Actor, at: dt.datetime) -> TrainedModel:
    """This will put the model that was in use before this one to use again."""
    before = (
        TrainedModel.objects.filter(kind=kind, is_active=False, activated_at__isnull=False)
        .order_by("-activated_at", "-pk")
        .first()
    )
    if before is None:
        raise NotAllowedNow("没有可以退回的模型。")
    return activate(before, actor=actor, at=at)
