"""Files: sent first, named by their ``upload_key`` in the form they belong to, then downloaded."""

import hashlib
import secrets
from typing import BinaryIO, Literal, cast

from django.db import transaction
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from ninja import File, Form, Router
from ninja.files import UploadedFile

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.api.v1 import door
from jiesu.api.v1 import outputs as out
from jiesu.api.v1.auth import Call
from jiesu.appeals.actions import exposure
from jiesu.appeals.actions.attachments import store_upload
from jiesu.appeals.gate import get_appeal_for
from jiesu.appeals.models import Attachment
from jiesu.foundation.errors import Forbidden, NotFound
from jiesu.journal import idempotency

router = Router(tags=["附件"])

_SENDERS = (P.INTAKE_REGISTER, P.INTAKE_ADD_FACTS, P.HANDLING_APPLY, P.HANDLING_REPORT)
_GONE = "没有找到这个附件，或它不在您的查看范围内。"


def own_key(actor: Actor, upload_key: str) -> str:
    """The key as stored: nobody claims another client's files by guessing how it names them."""
    if not upload_key:
        return ""
    return hashlib.sha256(f"{actor.key}:{upload_key}".encode()).hexdigest()


@router.post("", response={201: out.AttachmentOut}, **door.spec("上传附件", *_SENDERS))
def upload(
    request: Call,
    file: File[UploadedFile],
    purpose: Form[Literal["appeal", "facts", "handling", "reply", "application"]] = "appeal",
    upload_key: Form[str] = "",
) -> HttpResponse:
    """multipart/form-data。同一表单的文件用同一个 upload_key（缺省由系统给出），提交表单时带上它；
    没有提交的两天后删除。"""
    if not any(request.actor.may(p) for p in _SENDERS):
        raise Forbidden("这把密钥不能上传附件，请联系安全管理员。")
    key = door.key_of(request, required=True)
    given = upload_key[:64] or secrets.token_urlsafe(24)
    name = file.name or ""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    digest.update("\0".join(["", name, purpose, upload_key]).encode())
    headers: dict[str, str] = {}
    with transaction.atomic():
        remembered = idempotency.remember(
            request.actor.key, key, request_hash=digest.hexdigest(), at=request.at
        )
        if remembered.result is None:
            one = store_upload(
                cast(BinaryIO, file), name, size=file.size or 0, purpose=purpose,
                upload_key=own_key(request.actor, given), actor=request.actor, at=request.at,
            )  # fmt: skip
            remembered.store(f"{one.pk}:{given}")
        else:
            pk, given = remembered.result.split(":", 1)
            one = Attachment.objects.get(pk=int(pk))
            headers["Idempotency-Replayed"] = "true"
    return door.answer(out.attachment_out(one, given), 201, headers)


@router.get("/{pk}", response={200: bytes}, **door.spec("下载附件", P.APPEAL_VIEW))
def download(request: Call, pk: int) -> HttpResponseBase:
    """所属工单在查看范围内才能下载；诉求人隐去时不给通话录音。"""
    one = Attachment.objects.filter(pk=pk, appeal__isnull=False).first()
    if one is None or one.appeal_id is None:
        raise NotFound(_GONE)
    number = Attachment.objects.filter(pk=pk).values_list("appeal__number", flat=True).get()
    try:
        appeal = get_appeal_for(request.actor, str(number))
    except NotFound as error:
        raise NotFound(_GONE) from error
    if one.purpose == Attachment.Purpose.RECORDING and out.is_hidden(
        exposure.person_of(appeal, request.actor)
    ):
        raise Forbidden("该诉求对您的岗位保密，不能下载通话录音。")
    return FileResponse(
        one.file.open("rb"), as_attachment=True, filename=one.name, content_type=one.content_type,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )  # fmt: skip
