"""Files of forms: kept when the form is sent, removed when it never is."""

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models.fields.files import FieldFile
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.appeals.actions import attachments
from jiesu.appeals.models import Attachment

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "0000000500016ba0f2a50000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def _own_media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)


def uploaded(world: World, key: str) -> Attachment:
    return attachments.store_upload(
        io.BytesIO(PNG), "路灯.png", size=len(PNG), purpose="appeal", upload_key=key,
        actor=world.actor("agent"), at=MONDAY,
    )  # fmt: skip


def test_files_of_a_form_that_was_never_sent_are_removed_and_others_stay(world: World) -> None:
    left, sent = uploaded(world, "left"), uploaded(world, "sent")
    attachments.claim_uploads(make.registered(world), "sent", world.actor("agent"))

    removed = attachments.remove_unclaimed(MONDAY + dt.timedelta(days=1))

    assert removed == 1
    assert Attachment.objects.get() == sent
    assert sent.file.storage.exists(sent.file.name)
    assert not left.file.storage.exists(left.file.name)


def test_a_form_that_is_sent_while_old_files_are_removed_keeps_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(world, "left")
    sent = uploaded(world, "sent")
    appeal, delete = make.registered(world), FieldFile.delete

    def delete_and_send(self: FieldFile, *args: Any, **kwargs: Any) -> None:
        delete(self, *args, **kwargs)
        attachments.claim_uploads(appeal, "sent", world.actor("agent"))

    monkeypatch.setattr(FieldFile, "delete", delete_and_send)

    removed = attachments.remove_unclaimed(MONDAY + dt.timedelta(days=1))

    assert removed == 1
    assert Attachment.objects.get().appeal == appeal
    assert sent.file.storage.exists(sent.file.name)
