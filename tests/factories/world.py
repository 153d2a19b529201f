"""A small province with people by name; every test lives in it.

林小满 takes calls in Fuzhou, 陈默 dispatches, 王岚 reviews, 赵青 calls back; 周敏 is clerk and 吴科
section head of Gulou's urban management, 郑环 clerk of its environment bureau. 厦门 is another city
whose people must not see Fuzhou's orders.
"""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from jiesu.access import Actor, Role
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post, User
from jiesu.catalogue import categories
from jiesu.catalogue import seed as catalogue_seed
from jiesu.catalogue.models import Category, DutyEntry, FallbackUnit
from jiesu.deadlines import seed as deadlines_seed
from jiesu.inspection import seed as inspection_seed
from jiesu.organizations.models import Region, Unit

BEIJING = ZoneInfo("Asia/Shanghai")
MONDAY = dt.datetime(2026, 11, 16, 9, 0, tzinfo=BEIJING)  # an ordinary working Monday
PASSWORD = "Jiesu-12345-test"

# code, name, level, parent code, path
_REGIONS = [
    ("350000", "福建省", "province", "", "0001"),
    ("350100", "福州市", "city", "350000", "00010001"),
    ("350102", "鼓楼区", "county", "350100", "000100010001"),
    ("350102001", "东街街道", "street", "350102", "0001000100010001"),
    ("350103", "台江区", "county", "350100", "000100010002"),
    ("350200", "厦门市", "city", "350000", "00010002"),
    ("350203", "思明区", "county", "350200", "000100020001"),
]
# key, name, short name, kind, region code, parent key, inner review steps
_UNITS = [
    ("province", "福建省人民政府", "省政府", "government", "350000", "", 0),
    ("province_centre", "福建省12345热线中心", "省热线中心", "centre", "350000", "province", 0),
    ("fuzhou", "福州市人民政府", "福州市政府", "government", "350100", "province", 0),
    ("fuzhou_centre", "福州市12345热线中心", "福州市热线中心", "centre", "350100", "fuzhou", 0),
    ("fuzhou_office", "福州市效能办", "市效能办", "office", "350100", "fuzhou", 0),
    ("water", "福州水务集团", "福州水务", "enterprise", "350100", "fuzhou", 0),
    ("gulou", "鼓楼区人民政府", "鼓楼区政府", "government", "350102", "fuzhou", 0),
    ("urban", "鼓楼区城市管理局", "鼓楼区城管局", "department", "350102", "gulou", 1),
    ("urban_section", "鼓楼区城市管理局市容科", "市容科", "section", "350102", "urban", 0),
    ("environment", "鼓楼生态环境局", "鼓楼生态环境局", "department", "350102", "gulou", 0),
    ("street", "东街街道办事处", "东街街道", "street", "350102001", "gulou", 0),
    ("xiamen", "厦门市人民政府", "厦门市政府", "government", "350200", "province", 0),
    ("xiamen_centre", "厦门市12345热线中心", "厦门市热线中心", "centre", "350200", "xiamen", 0),
    ("siming_urban", "思明区城市管理局", "思明区城管局", "department", "350203", "xiamen", 0),
]
# username, name, unit key, role
_PEOPLE = [
    ("agent", "林小满", "fuzhou_centre", Role.AGENT),
    ("dispatcher", "陈默", "fuzhou_centre", Role.DISPATCHER),
    ("reviewer", "王岚", "fuzhou_centre", Role.REVIEWER),
    ("callback", "赵青", "fuzhou_centre", Role.CALLBACK_AGENT),
    ("supervisor", "孙效", "fuzhou_office", Role.SUPERVISOR),
    ("leader", "李市长", "fuzhou", Role.LEADER),
    ("clerk", "周敏", "urban", Role.CLERK),
    ("section_head", "吴科", "urban", Role.SECTION_HEAD),
    ("unit_leader", "何局", "urban", Role.UNIT_LEADER),
    ("environment_clerk", "郑环", "environment", Role.CLERK),
    ("section_clerk", "沈市容", "urban_section", Role.CLERK),
    ("street_clerk", "方街", "street", Role.CLERK),
    ("gulou_clerk", "顾区", "gulou", Role.CLERK),
    ("xiamen_agent", "许鹭", "xiamen_centre", Role.AGENT),
    ("xiamen_dispatcher", "郭鹭", "xiamen_centre", Role.DISPATCHER),
    ("siming_clerk", "蔡思", "siming_urban", Role.CLERK),
    ("province_dispatcher", "黄省", "province_centre", Role.DISPATCHER),
    ("catalogue_editor", "谢目录", "fuzhou_centre", Role.CATALOGUE_EDITOR),
    ("system_admin", "冯系统", "fuzhou_centre", Role.SYSTEM_ADMIN),
    ("security_admin", "卫安全", "fuzhou_centre", Role.SECURITY_ADMIN),
    ("audit_admin", "蒋审计", "fuzhou_centre", Role.AUDIT_ADMIN),
    ("shift_lead", "韩班长", "fuzhou_centre", Role.SHIFT_LEAD),
]
# class code, region code, unit key, legal basis
_DUTIES = [
    ("0105", "350102", "urban", "《福建省城市管理条例》第二十一条"),
    ("0106", "350102", "urban", "《城市市容和环境卫生管理条例》第四条"),
    ("0201", "350100", "water", "《城市供水条例》第七条"),
]


@dataclass
class World:
    """Everything by key: ``world.units["urban"]``, ``world.actor("clerk")``."""

    regions: dict[str, Region]
    units: dict[str, Unit]
    posts: dict[str, Post]

    def actor(self, username: str) -> Actor:
        """The actor a person is at their post."""
        return actor_for(self.posts[username])

    def another(self, username: str, name: str) -> Actor:
        """A colleague of somebody, at a post like theirs: for what takes two people."""
        like = self.posts[username]
        user = User.objects.create_user(f"{username}_2", name, PASSWORD)
        post = Post.objects.create(user=user, unit=like.unit, role=like.role, is_default=True)
        return actor_for(post)

    def category(self, code: str) -> Category:
        """A class of the default scheme."""
        return categories.get(code, MONDAY)


def build() -> World:
    """Store the world (seeds included) and give it."""
    catalogue_seed.load()
    deadlines_seed.load_defaults(MONDAY)
    inspection_seed.load()
    regions: dict[str, Region] = {}
    for code, name, level, parent, path in _REGIONS:
        regions[code] = Region.objects.create(
            code=code, name=name, level=level, parent=regions.get(parent), path=path
        )
    units: dict[str, Unit] = {}
    children: dict[str, int] = {}
    for key, name, short, kind, region, parent, steps in _UNITS:
        children[parent] = children.get(parent, 0) + 1
        prefix = units[parent].path if parent else ""
        units[key] = Unit.objects.create(
            code=key, name=name, short_name=short, kind=kind, region=regions[region],
            parent=units.get(parent), path=f"{prefix}{children[parent]:04d}",
            inner_review_steps=steps,
        )  # fmt: skip
    for username, name, unit, role in _PEOPLE:
        user = User.objects.create_user(username, name, PASSWORD)
        Post.objects.create(user=user, unit=units[unit], role=role, is_default=True)
    for code, region, unit, basis in _DUTIES:
        DutyEntry.objects.create(
            category=categories.get(code, MONDAY), region=regions[region], unit=units[unit],
            legal_basis=basis, valid_from=dt.date(2020, 1, 1),
        )  # fmt: skip
    FallbackUnit.objects.create(
        region=regions["350102"], unit=units["gulou"], valid_from=dt.date(2020, 1, 1)
    )
    return load()


def load() -> World:
    """The world as stored."""
    keys = {name: key for key, name, *_ in _UNITS}
    return World(
        regions={r.code: r for r in Region.objects.all()},
        units={keys[u.name]: u for u in Unit.objects.select_related("region")},
        posts={
            p.user.username: p for p in Post.objects.select_related("user", "unit", "unit__region")
        },
    )
