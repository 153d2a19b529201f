"""Orders staged so that every tab of every desk has something in it, now."""

import datetime as dt
import random
from collections.abc import Iterator

from jiesu.appeals.actions.callback import Said
from jiesu.cli.demo.tree import SHOWN_BUREAU
from jiesu.cli.simulation import matters
from jiesu.cli.simulation.life import Life
from jiesu.cli.simulation.plan import Plan
from jiesu.cli.simulation.province import Centre, Province
from jiesu.foundation.clock import BEIJING
from jiesu.organizations.models import Region, Unit

BAD = Said(reached=True, way="web", solved=False, satisfaction=2, dissatisfied_reason="not_solved",
           note="摊贩白天走了，晚上又回来。")  # fmt: skip

# One building site as its neighbours tell of it: a topic, hours ago each.
NIGHT_SITE = (
    (74, "御湖名邸旁工地夜间施工噪音扰民",
     "御湖名邸小区旁边的工地连续三个晚上施工到凌晨两点，打桩声很大，老人孩子睡不着。"),
    (51, "工地半夜打桩，御湖名邸居民无法休息",
     "御湖名邸靠近工地一侧，半夜十二点以后还在打桩施工，噪音大得窗户都在震，希望制止。"),
    (27, "反映御湖名邸对面工地夜间施工",
     "御湖名邸对面在建工地夜间施工噪音扰民，工地没有公示夜间施工许可，请部门核查。"),
    (26, "夜间施工噪音大，影响高考生休息",
     "我住御湖名邸，家里有考生，旁边工地夜里施工，混凝土泵车噪音一直到凌晨，要求停止夜间施工。"),
    (4, "御湖名邸工地又在半夜施工",
     "御湖名邸旁工地昨天半夜又施工打桩，之前反映过也没有人管，噪音非常大，请尽快处理。"),
    (2, "御湖名邸小区外工地深夜施工扰民",
     "御湖名邸小区外工地深夜施工，打桩机和渣土车噪音扰民，多户居民都睡不好，请环保部门处理。"),
)  # fmt: skip


class Stage:
    """福州's centre and 鼓楼's urban management, where the demo accounts work."""

    def __init__(self, province: Province, seed: int, now: dt.datetime) -> None:
        self.province, self.now = province, now
        self.rng = random.Random(f"stories {seed}")  # noqa: S311 - a demo, no secret
        self.centre: Centre = next(c for c in province.centres if c.area == "350100")
        by_code = {u.code: u for u in province.units.values()}
        self.bureau: Unit = by_code[SHOWN_BUREAU]
        self.section: Unit = by_code[f"{SHOWN_BUREAU}-street-order"]
        self.office: Unit = by_code["350102-environment"]
        self.places: list[Region] = [
            r for r in self.centre.places if r.path.startswith(self.bureau.region.path)
        ]
        self.plans: list[Plan] = []

    def ago(self, **span: float) -> dt.datetime:
        """So long before now."""
        return self.now - dt.timedelta(**span)

    def last_month(self) -> dt.datetime:
        """A morning late in the month before, of which scores are out."""
        day = self.now.astimezone(BEIJING).replace(day=1) - dt.timedelta(days=10)
        return day.replace(hour=9, minute=40, second=0, microsecond=0)

    def life(self, code: str, plan: Plan | None = None) -> Life:
        """A new order about a class, in 鼓楼."""
        if plan is None:
            plan = Plan()
            self.plans.append(plan)
        matter = self.rng.choice([m for m in matters.load() if m.code == code])
        return Life(
            plan, self.province, self.centre, self.rng.choice(self.places), matter, self.rng
        )

    def sent(self, code: str, before: dt.datetime, joint: tuple[Unit, ...] = ()) -> Life:
        """An order that was dispatched at that time, to the bureau."""
        life = self.life(code)
        life.register(before - dt.timedelta(minutes=12))
        life.assign(before, self.bureau, joint)
        return life

    def signed(self, code: str, before: dt.datetime) -> Life:
        """The same, signed half an hour later."""
        life = self.sent(code, before)
        life.open(before + dt.timedelta(minutes=20), self.bureau)
        life.sign(before + dt.timedelta(minutes=30), self.bureau)
        return life

    def contacted(self, code: str, before: dt.datetime) -> Life:
        """The same, and the citizen was spoken to an hour later."""
        life = self.signed(code, before)
        life.contact(before + dt.timedelta(minutes=60), self.bureau)
        return life

    def reported(self, code: str, before: dt.datetime, steps: int = 2) -> Life:
        """The same, handed in, and passed so many steps of the inner review."""
        life = self.contacted(code, before)
        life.report(before + dt.timedelta(minutes=100), self.bureau)
        for step in range(steps):
            life.inner_approve(before + dt.timedelta(minutes=120 + 20 * step), self.bureau, step)
        return life

    def answered(self, code: str, before: dt.datetime, *, publish: bool = False) -> Life:
        """The same, and let go by the centre."""
        life = self.reported(code, before)
        life.approve(before + dt.timedelta(minutes=200), publish=publish)
        return life


def plans(province: Province, seed: int, now: dt.datetime) -> Iterator[Plan]:
    """Every staged order, in the order of their first steps."""
    stage = Stage(province, seed, now)
    _centre(stage)
    _unit(stage)
    _review_and_callback(stage)
    _long_ways(stage)
    _one_matter_by_many(stage)
    yield from stage.plans


def _centre(s: Stage) -> None:
    for minutes, code, channel in ((4, "0106", "wechat"), (25, "0504", "web"), (70, "0304", "app"),
                                   (200, "0703", "web")):  # fmt: skip
        s.life(code).register(s.ago(minutes=minutes), channel=channel)
    for minutes, code in ((3, "2005"), (9, "0208"), (20, "0105"), (45, "0901"), (130, "0502")):
        s.life(code).register(s.ago(minutes=minutes))
    for hours in (2, 5):  # returns to judge
        life = s.sent("0206", s.ago(hours=hours))
        life.apply(s.ago(minutes=20 * hours), s.bureau, "return", suggested_unit=s.office)
    life = s.sent("0501", s.ago(hours=3))
    life.apply(
        s.ago(minutes=15), s.bureau, "return", suggested_unit=s.office, reason_code="not_our_area",
        reason="该工地位于相邻城区，非本区管辖范围。",
    )  # fmt: skip
    for days in (3, 5):  # more time asked for
        life = s.contacted("0104", s.ago(days=days))
        life.apply(s.ago(minutes=50 * days), s.bureau, "extension", days=5)
    life = s.contacted("0107", s.ago(days=4))
    life.apply(s.ago(minutes=90), s.bureau, "suspension")
    life = s.contacted("0105", s.ago(days=6))
    life.apply(
        s.ago(minutes=30), s.bureau, "ending", reason_code="object_gone",
        reason="经三次现场核查，所反映的店铺已搬离，诉求对象灭失。",
    )  # fmt: skip


def _unit(s: Stage) -> None:
    for minutes, code in ((6, "0105"), (40, "0107"), (95, "0207")):
        s.sent(code, s.ago(minutes=minutes))  # to open
    for minutes, code in ((50, "0108"), (110, "0206")):  # to sign
        life = s.sent(code, s.ago(minutes=minutes))
        life.open(s.ago(minutes=minutes - 20), s.bureau)
    s.contacted("0208", s.ago(hours=23))  # due in an hour
    s.contacted("2006", s.ago(hours=21))
    s.contacted("0208", s.ago(hours=29))  # overdue since five hours
    s.contacted("0105", s.ago(days=22))  # overdue
    life = s.contacted("0104", s.ago(days=20))
    life.urge(s.ago(hours=7))
    s.signed("0105", s.ago(hours=26))
    s.contacted("0108", s.ago(days=2))
    for hours in (6, 30):  # the section head's
        s.reported("0105", s.ago(hours=hours), steps=0)
    for hours in (8, 28):  # the leader's
        s.reported("0107", s.ago(hours=hours), steps=1)
    for hours in (5, 26):  # passed down, to sign and in hand
        life = s.sent("0105", s.ago(hours=hours))
        life.pass_down(s.ago(hours=hours - 1), s.bureau, s.section)
        if hours == 26:
            life.sign(s.ago(hours=hours - 2), s.section)
            life.contact(s.ago(hours=hours - 3), s.section)
    life = s.life("0505")  # joint with the environment bureau
    life.register(s.ago(hours=27))
    life.assign(s.ago(hours=26), s.office, (s.bureau,))
    life.sign(s.ago(hours=25), s.bureau)
    for days in (4, 7):  # sent back by the centre, in the second round
        life = s.reported("0105", s.ago(days=days))
        life.send_back(s.ago(hours=days))
    life = s.answered("0106", s.ago(days=9))  # dissatisfied, to be done again
    life.call_back(s.ago(hours=10), Said(
        reached=True, solved=False, satisfaction=1, dissatisfied_reason="not_solved",
        decision="redo", note="诉求人称只清理了一天，垃圾又堆满。",
    ))  # fmt: skip


def _review_and_callback(s: Stage) -> None:
    for hours, code in ((4, "0105"), (7, "0206"), (27, "0104"), (60, "0108")):
        s.reported(code, s.ago(hours=hours))  # to review
    for hours, code in ((5, "0105"), (9, "0207"), (30, "0107"), (52, "0108"), (120, "0206")):
        s.answered(code, s.ago(hours=hours))  # to call back
    for hours, tries in ((30, 1), (75, 2)):  # tried before
        life = s.answered("0105", s.ago(hours=hours))
        for n in range(tries):
            life.call_back(
                s.ago(hours=(tries - n) * 20 - 16),
                Said(reached=False, note="无人接听", next_at=s.ago(hours=(tries - n) * 20 - 21)),
            )
    s.answered("0105", s.ago(hours=40)).rate(s.ago(hours=3), BAD)  # rated badly over the web
    for days, stars in ((8, 5), (13, 4), (18, 5), (24, 3)):  # closed and published
        life = s.life("0105" if days % 2 else "0206")
        before = s.ago(days=days)
        life.register(before - dt.timedelta(minutes=12), may_publish=True)
        life.assign(before, s.bureau)
        life.sign(before + dt.timedelta(minutes=30), s.bureau)
        life.contact(before + dt.timedelta(minutes=60), s.bureau)
        life.report(before + dt.timedelta(minutes=100), s.bureau)
        for step in (0, 1):
            life.inner_approve(before + dt.timedelta(minutes=120 + step), s.bureau, step)
        life.approve(before + dt.timedelta(minutes=200), publish=True)
        life.call_back(
            before + dt.timedelta(days=1),
            Said(reached=True, solved=True, satisfaction=stars, note="满意"),
        )


def _long_ways(s: Stage) -> None:
    life = s.contacted("0104", s.ago(days=12))  # suspended
    life.apply(s.ago(days=11), s.bureau, "suspension")
    life.judge(s.ago(days=10), "suspension", accept=True)
    life = s.contacted("0104", s.ago(days=25))  # listed
    life.list_difficult(s.ago(days=16))
    master = s.contacted("0107", s.ago(days=3))  # three callers, one matter
    for hours in (60, 50):
        child = s.life("0107", master.plan)
        child.told = master.told
        child.register(s.ago(hours=hours))
        child.merge(s.ago(hours=hours - 1), master)
    life = s.answered("0106", s.ago(days=14))  # redone, answered again, to be called back
    life.call_back(s.ago(days=12), Said(
        reached=True, solved=False, satisfaction=2, dissatisfied_reason="not_solved",
        decision="redo", note="问题反复。",
    ))  # fmt: skip
    life.round += 1
    life.report(s.ago(days=11), s.bureau)
    life.inner_approve(s.ago(days=10.9), s.bureau, 0)
    life.inner_approve(s.ago(days=10.8), s.bureau, 1)
    life.approve(s.ago(days=10.5))
    for answered in (s.ago(days=16), s.last_month()):  # dissatisfied, closed with a finding
        life = s.answered("0105", answered)
        life.call_back(answered + dt.timedelta(days=2), Said(
            reached=True, solved=False, satisfaction=2, dissatisfied_reason="policy",
            decision="finding",
            finding="经复核现场照片和执法台账，占道问题已依法处理，诉求人要求超出政策范围。",
        ))  # fmt: skip
    life = s.sent("0206", s.ago(days=10))  # an improper return
    life.apply(s.ago(days=9.95), s.bureau, "return", suggested_unit=s.office)
    life.judge(s.ago(days=9.9), "return", accept=False, designate=True)
    life.sign(s.ago(days=9.8), s.bureau)
    life.contact(s.ago(days=9.7), s.bureau)
    life = s.life("0105")  # confers
    life.register(s.ago(hours=31))
    life.assign(s.ago(hours=30), s.bureau)
    life.sign(s.ago(hours=29), s.bureau)
    life.consult(s.ago(hours=4), (s.office, s.bureau))


def _one_matter_by_many(s: Stage) -> None:
    site = s.places[0]
    for hours, title, content in NIGHT_SITE:
        life = s.life("0501")
        life.region = site
        life.register(s.ago(hours=hours), title=title, content=content, address="御湖名邸旁工地")
        if hours > 24:
            life.assign(s.ago(hours=hours - 0.5), s.office)
            life.sign(s.ago(hours=hours - 1), s.office)
