"""A corner of 福建 in which nothing but the seeds is in the catalogue yet."""

import datetime as dt
from dataclasses import dataclass

import pytest

from jiesu.access import ROLE_PERMISSIONS, Actor, ActorKind, Role
from jiesu.catalogue import seed
from jiesu.catalogue.models import Category, Scheme
from jiesu.foundation.clock import BEIJING
from jiesu.organizations.models import Region, Unit

AT = dt.datetime(2026, 3, 10, 9, 0, tzinfo=BEIJING)
TODAY = AT.date()


@dataclass
class Corner:
    """Its regions, units, people and the default classification."""

    province: Region
    city: Region
    gulou: Region
    cangshan: Region
    street: Region
    centre: Unit
    gulou_office: Unit  # 鼓楼区城市管理局
    housing: Unit  # 鼓楼区住建局
    cangshan_office: Unit
    scheme: Scheme

    def category(self, code: str) -> Category:
        """The class of that code in the default scheme."""
        return self.scheme.categories.select_related("parent").get(code=code)

    def actor(self, unit: Unit, role: Role = Role.CATALOGUE_EDITOR) -> Actor:
        """Somebody at a post of that unit."""
        return Actor(
            kind=ActorKind.PERSON,
            name="林晓岚",
            role=role,
            user_id=None,
            unit_id=unit.pk,
            unit_name=unit.name,
            unit_path=unit.path,
            region_path=unit.region.path,
            permissions=ROLE_PERMISSIONS[role],
        )

    @property
    def editor(self) -> Actor:
        """The catalogue's editor at the province's centre."""
        return self.actor(self.centre)


@pytest.fixture
def corner(db: None) -> Corner:
    """The corner, with code tables and the default scheme loaded."""
    seed.load()

    def region(code: str, name: str, level: str, parent: Region | None, path: str) -> Region:
        return Region.objects.create(code=code, name=name, level=level, parent=parent, path=path)

    def unit(
        code: str, name: str, kind: str, where: Region, parent: Unit | None, path: str
    ) -> Unit:
        return Unit.objects.create(
            code=code, name=name, kind=kind, region=where, parent=parent, path=path
        )

    province = region("350000", "福建省", "province", None, "0001")
    city = region("350100", "福州市", "city", province, "00010001")
    gulou = region("350102", "鼓楼区", "county", city, "000100010001")
    cangshan = region("350104", "仓山区", "county", city, "000100010002")
    street = region("350102001", "东街街道", "street", gulou, "0001000100010001")
    centre = unit("FJ12345", "福建省12345热线中心", "centre", province, None, "0001")
    return Corner(
        province,
        city,
        gulou,
        cangshan,
        street,
        centre,
        unit("GLCG", "鼓楼区城市管理局", "department", gulou, centre, "00010001"),
        unit("GLZJ", "鼓楼区住建局", "department", gulou, centre, "00010002"),
        unit("CSCG", "仓山区城市管理局", "department", cangshan, centre, "00010003"),
        Scheme.objects.get(is_active=True),
    )
