"""``jiesu setup``: what a new installation needs before its first sign-in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from jiesu.access import ROLE_NAMES, SYSTEM, Role
from jiesu.accounts.models import User
from jiesu.accounts.people import Issued, NewUser, create_user
from jiesu.catalogue import seed as catalogue_seed
from jiesu.deadlines import seed as deadlines_seed
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError
from jiesu.inspection import seed as inspection_seed
from jiesu.organizations.changes import create_unit
from jiesu.organizations.checks import NewRegion, NewUnit
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.region_changes import create_region
from jiesu.organizations.region_codes import region_level

# Three people, so that nobody alone can change the system, let people in and cover the traces.
ADMINISTRATORS = [
    ("system_admin", Role.SYSTEM_ADMIN),
    ("security_admin", Role.SECURITY_ADMIN),
    ("audit_admin", Role.AUDIT_ADMIN),
]


class Command(BaseCommand):
    """Load what every installation needs; with ``--region``, open it for its administrators."""

    help = "初始化：载入日历、时限、分类和代码表；加 --region 则设立热线中心和三员账号"

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose hotline it is."""
        parser.add_argument(
            "--region", nargs=2, metavar=("代码", "名称"), help="例如 --region 350100 福州市"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is missing; safe to repeat."""
        at = clock.now()
        catalogue_seed.load()
        deadlines_seed.load_defaults(at)
        inspection_seed.load()
        self.stdout.write("日历、时限、分类和代码表已就绪。")
        if options["region"]:
            try:
                with transaction.atomic():
                    issued = self._open(*options["region"])
            except UseCaseError as refusal:
                raise CommandError(refusal.message) from None
            self.stdout.write("三员账号（临时密码只显示这一次，首次登录须修改）：")
            for one in issued:
                self.stdout.write(f"  {one.user.username:<16} {one.password}")
            self.stdout.write("接下来用 security_admin 登录，在“管理”中导入区划、单位和人员。")
        elif not User.objects.exists():
            self.stdout.write("尚无账号。请再运行：jiesu setup --region 区划代码 区划名称")

    def _open(self, code: str, name: str) -> list[Issued]:
        if Unit.objects.exists() or User.objects.exists():
            raise CommandError("已有单位或账号，不再设立。请登录后在“管理”中操作。")
        at = clock.now()
        region = Region.objects.filter(code=code, valid_to=None).first() or create_region(
            NewRegion(code, name, region_level(code)), actor=SYSTEM, at=at
        )
        centre = create_unit(
            NewUnit(f"{code}-centre", f"{name}12345热线中心", Unit.Kind.CENTRE, region),
            actor=SYSTEM,
            at=at,
        )
        return [
            create_user(
                NewUser(username, ROLE_NAMES[role], centre, role), actor=SYSTEM, at=at
            )
            for username, role in ADMINISTRATORS
        ]  # fmt: skip
