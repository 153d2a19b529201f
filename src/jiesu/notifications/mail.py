"""The outbox of mails: queued with their notice, claimed, sent, never sent twice.

A mail carries the order's number, what happened and a link; nothing of the person or the matter,
since mail leaves the house unencrypted. What is told of scores and bulletins names neither.
"""

import datetime as dt
import logging
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from jiesu.notifications.models import Mail, Notice, Preference

log = logging.getLogger(__name__)

TRIES = 6
FIRST_PAUSE = dt.timedelta(minutes=2)
IN_DOUBT_AFTER = dt.timedelta(minutes=10)  # far longer than one mail takes
SAID_IN_MAIL = ("score_period:", "bulletin:")  # their words name no person and no matter
STALE = dt.timedelta(hours=24)  # nobody is helped by yesterday's notice


@dataclass
class Posted:
    """What one run did."""

    sent: int = 0
    failed: int = 0
    stuck: int = 0

    def __str__(self) -> str:
        counts = {"sent": self.sent, "FAILED": self.failed, "STUCK": self.stuck}
        return ", ".join(f"{name} {count}" for name, count in counts.items() if count)


def queue(notices: Sequence[Notice], at: dt.datetime) -> None:
    """Put mails for these notices into the outbox, but for those their people do not want."""
    if not notices or settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return
    users = {notice.user_id for notice in notices}
    refused = set(Preference.objects.filter(user_id__in=users).values_list("user_id", "kind"))
    Mail.objects.bulk_create(
        Mail(notice=notice, next_at=at)
        for notice in notices
        if (notice.user_id, str(notice.kind)) not in refused
    )


def send_waiting(at: dt.datetime, limit: int = 50) -> Posted:
    """This will send what waits, one at a time: each is claimed in a transaction of its own first.

    What certainly did not go (no connection, refused for now) waits and is tried again. What may
    have gone is ``stuck``: shown, never sent again by itself.
    """
    done = Posted(stuck=note_stuck(at))
    if not Mail.objects.filter(state=Mail.State.WAITING, next_at__lte=at).exists():
        return done
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as trouble:
        log.warning("the mail server cannot be reached: %s", type(trouble).__name__)
        return done  # nothing was claimed, all of it waits
    try:
        for _ in range(limit):
            mail = _claim(at)
            if mail is None:
                break
            if not _send(mail, connection, at, done):
                break
    finally:
        connection.close()
    return done


def note_stuck(at: dt.datetime) -> int:
    """Note mails whose sender died while sending; how many."""
    lost = Mail.objects.filter(state=Mail.State.SENDING, claimed_at__lt=at - IN_DOUBT_AFTER)
    count = lost.update(state=Mail.State.STUCK, error="发送进程中断，不知是否发出")
    if count:
        log.warning("%d mails are stuck: perhaps sent, perhaps not", count)
    return count


def send_again(mail: Mail, at: dt.datetime) -> bool:
    """This will send a stuck or failed mail after all, because a person said so; once."""
    again = Mail.objects.filter(pk=mail.pk, state__in=[Mail.State.STUCK, Mail.State.FAILED])
    return bool(again.update(state=Mail.State.WAITING, next_at=at, tries=0, error=""))


def waiting_count(most: int) -> int:
    """How many wait, counted up to ``most``."""
    return Mail.objects.filter(state=Mail.State.WAITING).values("pk")[:most].count()


def stuck_count() -> int:
    """How many may or may not have gone."""
    return Mail.objects.filter(state=Mail.State.STUCK).count()


# --- inside ---------------------------------------------------------------------------------------


def _claim(at: dt.datetime) -> Mail | None:
    """Take one mail: from here on nobody else sends it, whatever happens to us."""
    with transaction.atomic():
        rows = Mail.objects.filter(state=Mail.State.WAITING, next_at__lte=at)
        rows = rows.select_for_update(skip_locked=True, of=("self",)).order_by("next_at", "pk")
        mail = rows.select_related("notice__user").first()
        if mail is None:
            return None
        mail.state, mail.claimed_at, mail.tries = Mail.State.SENDING, at, mail.tries + 1
        mail.save(update_fields=["state", "claimed_at", "tries"])
        return mail


def _send(mail: Mail, connection: object, at: dt.datetime, done: Posted) -> bool:
    """Send one claimed mail; False when the server should be left alone for now."""
    user = mail.notice.user
    if not (user.email and user.wants_email and user.is_active) or mail.notice.at < at - STALE:
        _put(mail, Mail.State.FAILED, "不再需要")
        return True
    try:
        message(mail, connection).send()
    except smtplib.SMTPResponseException as refusal:  # it said no, so it did not take it
        return _refused(mail, refusal.smtp_code, at, done)
    except smtplib.SMTPRecipientsRefused as refusal:
        codes = [code for code, _ in refusal.recipients.values()]
        return _refused(mail, max(codes, default=550), at, done)
    except (OSError, smtplib.SMTPException) as trouble:
        _put(mail, Mail.State.STUCK, type(trouble).__name__)
        log.warning("mail %d is stuck: %s", mail.pk, type(trouble).__name__)
        done.stuck += 1
        return False
    Mail.objects.filter(pk=mail.pk).update(state=Mail.State.SENT, sent_at=at, error="")
    done.sent += 1
    return True


def _refused(mail: Mail, code: int, at: dt.datetime, done: Posted) -> bool:
    if code >= 500 or mail.tries >= TRIES:
        _put(mail, Mail.State.FAILED, f"邮件服务器拒收（{code}）")
        log.warning("mail %d was refused for good: %d", mail.pk, code)
        done.failed += 1
    else:
        Mail.objects.filter(pk=mail.pk).update(
            state=Mail.State.WAITING, next_at=at + FIRST_PAUSE * 2 ** (mail.tries - 1),
            error=f"邮件服务器暂拒（{code}）",
        )  # fmt: skip
    return True


def _put(mail: Mail, state: Mail.State, error: str) -> None:
    Mail.objects.filter(pk=mail.pk).update(state=state, error=error[:200])


def message(mail: Mail, connection: object = None) -> EmailMessage:
    """The mail itself."""
    notice = mail.notice
    if notice.number:
        said, page = f"{notice.title}，工单编号 {notice.number}", f"orders/{notice.number}"
    else:
        words = f"：{notice.text}" if notice.subject.startswith(SAID_IN_MAIL) else ""
        said, page = f"{notice.title}{words}", f"notices/{notice.pk}"
    lines = [f"{notice.user.name}：", "", f"{said}。"]
    if settings.JIESU_SITE:
        lines += ["", f"{settings.JIESU_SITE}/{page}/"]
    lines += ["", "请登录接诉平台查看详情。本邮件由系统发出，请勿回复。"]
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    return EmailMessage(
        subject=f"【接诉】{notice.title} {notice.number}".rstrip(),
        body="\n".join(lines),
        to=[notice.user.email],
        connection=connection,
        headers={"Message-ID": f"<notice-{notice.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    )
