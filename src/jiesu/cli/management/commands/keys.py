"""``jiesu keys``: make, rotate and look at the keys that personal data is encrypted with."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model

from jiesu.foundation.crypto import CryptoError, FileProvider, Keyring, keyring, use_keyring
from jiesu.foundation.fields import count_by_key, encrypted_fields, reencrypt


class Command(BaseCommand):
    """Make, rotate and look at the keys."""

    help = (
        "管理加密密钥：create 新建，rotate 轮换，reencrypt 用新密钥重新加密旧数据，show-status 查看"
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The action and its options."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        actions.add_parser("create", help="新建密钥文件；已有文件时拒绝")
        actions.add_parser("rotate", help="增加一把新密钥，此后的数据用它加密；旧密钥仍可解密")
        again = actions.add_parser(
            "reencrypt", help="分批把旧密钥加密的数据改用新密钥，可随时中断再续"
        )
        again.add_argument("--batch", type=int, default=500, help="每批行数，默认 500")
        status = actions.add_parser("show-status", help="列出密钥；不显示密钥内容")
        status.add_argument(
            "--rows", action="store_true", help="统计每把密钥加密了多少数据（全表读取）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action; a refusal becomes one sentence and exit code 1."""
        try:
            match options["action"]:
                case "create":
                    self._create()
                case "rotate":
                    self._rotate()
                case "reencrypt":
                    self._reencrypt(max(1, options["batch"]))
                case _:
                    self._show_status(count=options["rows"])
        except CryptoError as error:
            raise CommandError(str(error)) from None

    def _create(self) -> None:
        use_keyring(Keyring.create(settings.JIESU_KEY_FILE))
        self.stdout.write(f"已新建密钥文件 {settings.JIESU_KEY_FILE}。")
        self.stdout.write("请立即备份到平台之外：丢失密钥文件，已加密的个人信息将无法恢复。")

    def _rotate(self) -> None:
        ring = Keyring.rotate(settings.JIESU_KEY_FILE)
        use_keyring(ring)
        self.stdout.write(f"已启用 {ring.provider.newest_key()} 号密钥，运行中的服务数秒内改用。")
        self.stdout.write("请备份新的密钥文件，再执行 jiesu keys reencrypt 处理旧数据。")

    def _reencrypt(self, batch: int) -> None:
        newest = keyring().provider.newest_key()
        total = 0
        for model in _models_with_secrets():
            done = 0
            for last, count in reencrypt(model, batch=batch):
                done += count
                if done // batch % 20 == 0:
                    self.stdout.write(f"  {model._meta.label}：{done:,} 行，到主键 {last}")
            self.stdout.write(f"{model._meta.label}：重新加密 {done:,} 行")
            total += done
        self.stdout.write(f"完成：{total:,} 行改用 {newest} 号密钥，其余本已使用。")

    def _show_status(self, *, count: bool) -> None:
        ring = keyring()
        newest = ring.provider.newest_key()
        self.stdout.write(f"密钥文件：{settings.JIESU_KEY_FILE}")
        if isinstance(ring.provider, FileProvider):
            for key in ring.provider.keys:
                use = "加密和解密" if key.id == newest else "只解密"
                self.stdout.write(f"  {key.id} 号 SM4 密钥：{key.created_at} 建立，{use}")
        if count:
            for model in _models_with_secrets():
                counts = count_by_key(model)
                listed = "，".join(f"{key} {n:,} 项" for key, n in sorted(counts.items()))
                self.stdout.write(f"{model._meta.label}：{listed or '没有加密数据'}")


def _models_with_secrets() -> list[type[Model]]:
    """Every table that has an encrypted column."""
    return [m for m in apps.get_models() if m._meta.managed and encrypted_fields(m)]
