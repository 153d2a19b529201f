"""Writes the plan of one order, a step at a time: who does it and in which words."""

import datetime as dt
import random
from typing import Any

from jiesu.access import SYSTEM, Actor, Role
from jiesu.access.actor import citizen
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.actions.handling import Answer, Plea
from jiesu.appeals.actions.intake_form import Intake
from jiesu.cli.simulation import names
from jiesu.cli.simulation.matters import Matter, Told, tell
from jiesu.cli.simulation.plan import Plan, Step
from jiesu.cli.simulation.province import Centre, Province
from jiesu.foundation.errors import UseCaseError
from jiesu.organizations.models import Region, Unit

REVIEWERS = (Role.SECTION_HEAD, Role.UNIT_LEADER)  # who passes the first, the second inner step
CITIZEN = citizen()
PLEAS: dict[str, dict[str, Any]] = {
    "return": {
        "reason_code": "not_our_duty",
        "reason": "经核查，该事项不属于本单位职责范围，建议改派主管单位办理。",
        "basis": "本单位职能配置、内设机构和人员编制规定",
    },
    "extension": {
        "reason_code": "works_period",
        "reason": "现场修缮需采购材料并避开雨天施工，原定期限内难以完成。",
        "plan": "三日内进场，一周内完工并组织验收。",
        "citizen_told": "已电话告知诉求人延期原因和计划，诉求人表示理解。",
    },
    "suspension": {
        "reason_code": "expert_test",
        "reason": "已委托第三方机构检测鉴定，须待结论作出后处理。",
        "citizen_told": "已电话告知诉求人检测周期。",
    },
    "ending": {
        "reason_code": "legal_channel",
        "reason": "双方争议属民事纠纷，已告知诉求人通过调解或诉讼解决。",
    },
}


class Life:
    """One order of a plan. Each method adds one step; who acts is drawn once and stays."""

    def __init__(
        self, plan: Plan, province: Province, centre: Centre, region: Region, matter: Matter,
        rng: random.Random,
    ) -> None:  # fmt: skip
        self.plan, self.province, self.centre = plan, province, centre
        self.region, self.matter, self.rng = region, matter, rng
        self.number = plan.orders
        plan.orders += 1
        self.told: Told = tell(matter, rng)
        self.lead: Unit | None = None
        self.round = 1
        self.people: dict[tuple[int, str], Actor] = {}

    # --- who ------------------------------------------------------------------------------------

    def staff(self, role: Role) -> Actor:
        """The centre's person of that role who has this order."""
        key = (self.centre.unit.pk, str(role))
        if key not in self.people:
            self.people[key] = self.rng.choice(self.centre.staff[role])
        return self.people[key]

    def of_unit(self, unit: Unit, role: Role = Role.CLERK) -> Actor:
        """The unit's person of that role who has this order."""
        key = (unit.pk, str(role))
        if key not in self.people:
            self.people[key] = self.province.who(self.rng, unit, role)
        return self.people[key]

    def step(self, at: dt.datetime, do: str, who: Actor, **what: Any) -> dt.datetime:
        """Add one step; its time comes back."""
        self.plan.steps.append(Step(at, self.number, do, who, what))
        return at

    # --- the centre takes in --------------------------------------------------------------------

    def register(
        self, at: dt.datetime, *, channel: str = "phone", accept: bool = True, **changes: Any
    ) -> dt.datetime:
        """Taken in: by an agent over the phone, by the citizen over the web."""
        rng, told = self.rng, self.told
        by_phone = channel == "phone"
        business = self.matter.code.startswith("15")
        anonymous = self.matter.type == "04" and rng.random() < 0.3
        values: dict[str, Any] = {
            "content": told.content, "title": told.title, "region_code": self.region.code,
            "channel": channel, "appeal_type": self.matter.type,
            "category_code": self.matter.code if by_phone or rng.random() < 0.5 else "",
            "received_at": at - dt.timedelta(seconds=rng.randint(60, 300)) if by_phone else at,
            "name": "" if anonymous else names.person(rng), "is_anonymous": anonymous,
            "sex": rng.choice(("男", "女", "")),
            "phone": names.phone(rng), "urgency": self.matter.urgency, "address": told.address,
            "petitioner_kind": "enterprise" if business else "person",
            "enterprise": rng.choice(names.COMPANIES) if business else "",
            "may_publish": rng.random() < 0.5,
            "confidentiality": "2" if self.matter.type == "04" and rng.random() < 0.6 else "0",
            "reply_way": "phone",
            "petitioner_tags": ("elderly",) if rng.random() < 0.08 else (),
            "call_id": f"C{at:%y%m%d%H%M%S}{rng.randrange(1000):03d}" if by_phone else "",
        }  # fmt: skip
        if anonymous:
            values["phone"] = ""
        values |= changes
        who = self.staff(Role.AGENT) if by_phone else CITIZEN
        code = f"{rng.randrange(10**6):06d}"
        return self.step(
            at, "register", who, intake=Intake(**values), accept=accept and by_phone,
            query_code=code,
        )  # fmt: skip

    def accept(self, at: dt.datetime) -> dt.datetime:
        """A web appeal is accepted and classified."""
        return self.step(at, "accept", self.staff(Role.AGENT), category_code=self.matter.code)

    def answer_directly(self, at: dt.datetime) -> dt.datetime:
        """Answered at the desk."""
        return self.step(at, "answer_directly", self.staff(Role.AGENT), answer=self.told.reply)

    def refuse(self, at: dt.datetime) -> dt.datetime:
        """Refused with a reason."""
        return self.step(
            at, "refuse", self.staff(Role.AGENT), reason_code="judicial",
            explanation="您反映的事项已进入司法程序，请通过诉讼途径解决，可拨打12368查询进度。",
        )  # fmt: skip

    def hand_over(self, at: dt.datetime, line: str = "110") -> dt.datetime:
        """Handed to another line."""
        return self.step(
            at, "hand_over", self.staff(Role.AGENT), line_code=line,
            note="三方通话后由对方接管，已告知诉求人。",
        )  # fmt: skip

    def urge(self, at: dt.datetime) -> dt.datetime:
        """The citizen calls again."""
        return self.step(at, "urge", self.staff(Role.AGENT), text="诉求人来电催办，询问办理进度。")

    def add_facts(self, at: dt.datetime) -> dt.datetime:
        """The citizen adds something."""
        return self.step(
            at,
            "add_facts",
            self.staff(Role.AGENT),
            text="诉求人补充：昨晚又出现同样情况，有照片为证。",
        )

    def withdraw(self, at: dt.datetime) -> dt.datetime:
        """The citizen takes it back."""
        return self.step(
            at,
            "withdraw",
            self.staff(Role.AGENT),
            reason="诉求人来电表示问题已自行解决，要求撤销。",
        )

    # --- the centre sends -----------------------------------------------------------------------

    def answers(self) -> Unit | None:
        """The unit the duty catalogue names, if it has people."""
        hit = self.province.answers(self.matter.code, self.region)
        if hit is None or (hit.unit.pk, Role.CLERK) not in self.province.staff:
            return None
        return self.province.units[hit.unit.pk]

    def assign(
        self, at: dt.datetime, lead: Unit | None = None, joint: tuple[Unit, ...] = (),
        reason: str = "", designate: bool = False,
    ) -> dt.datetime:  # fmt: skip
        """Sent to its lead, by the catalogue or by hand."""
        named = self.answers()
        self.lead = lead or named
        if self.lead is None:
            raise UseCaseError(f"nobody answers for {self.matter.code} in {self.region.code}")
        if named is None or named.pk != self.lead.pk:
            reason = reason or "按属地管理原则，由该单位牵头办理。"
        self.round = 1
        order = Order(
            lead=self.lead, joint=joint, reason=reason, designate=designate,
            instruction="请依法依规办理，按期答复诉求人。" if self.rng.random() < 0.5 else "",
        )  # fmt: skip
        return self.step(at, "assign", self.staff(Role.DISPATCHER), order=order)

    def judge(
        self, at: dt.datetime, kind: str, *, accept: bool, designate: bool = False, days: int = 0
    ) -> dt.datetime:
        """What a unit applied for is decided."""
        said = "同意。" if accept else "经核，申请理由不充分，请继续办理。"
        return self.step(
            at, "judge", self.staff(Role.DISPATCHER), kind=kind, accept=accept, decision=said,
            designate=designate, days=days,
        )  # fmt: skip

    def resume(self, at: dt.datetime) -> dt.datetime:
        """A suspended order goes on."""
        return self.step(
            at, "resume", self.staff(Role.DISPATCHER), reason="检测结论已出，恢复办理。"
        )

    def list_difficult(self, at: dt.datetime) -> dt.datetime:
        """Put on the long-term list."""
        return self.step(
            at, "list_difficult", self.staff(Role.DISPATCHER),
            reason="涉及历史遗留和资金安排，短期难以解决，挂账跟踪，每季度调度一次。",
        )  # fmt: skip

    def consult(self, at: dt.datetime, units: tuple[Unit, ...]) -> dt.datetime:
        """Several units are asked for their opinion."""
        return self.step(
            at, "consult", self.staff(Role.DISPATCHER), units=units,
            question="该路段由哪个单位牵头整治，请各单位提出意见。",
        )  # fmt: skip

    def merge(self, at: dt.datetime, master: "Life") -> dt.datetime:
        """Merged under another order of the same plan."""
        return self.step(
            at, "merge", self.staff(Role.DISPATCHER), master=master.number,
            reason="与主单反映同一事项，合并办理，分别答复。",
        )  # fmt: skip

    # --- the unit -------------------------------------------------------------------------------

    def open(self, at: dt.datetime, unit: Unit) -> dt.datetime:
        """Looked at."""
        return self.step(at, "open", self.of_unit(unit), unit=unit.pk)

    def sign(self, at: dt.datetime, unit: Unit) -> dt.datetime:
        """Signed for."""
        return self.step(at, "sign", self.of_unit(unit), unit=unit.pk)

    def pass_down(self, at: dt.datetime, unit: Unit, below: Unit) -> dt.datetime:
        """Passed down to a section."""
        return self.step(
            at, "pass_down", self.of_unit(unit), unit=unit.pk, to=below,
            instruction="请现场核实后反馈。",
        )  # fmt: skip

    def contact(self, at: dt.datetime, unit: Unit, *, reached: bool = True) -> dt.datetime:
        """The citizen is spoken to."""
        note = "已电话联系诉求人，核实地点和诉求，说明办理安排。" if reached else "电话无人接听。"
        return self.step(
            at, "contact", self.of_unit(unit), unit=unit.pk, way="phone", reached=reached, note=note
        )

    def apply(self, at: dt.datetime, unit: Unit, kind: str, **changes: Any) -> dt.datetime:
        """The unit applies for something."""
        plea = Plea(**{"kind": kind, **PLEAS[kind], **changes})
        return self.step(at, "apply", self.of_unit(unit), unit=unit.pk, plea=plea)

    def report(self, at: dt.datetime, unit: Unit, *, solved: bool = True) -> dt.datetime:
        """The result is handed in."""
        again = "经再次核查和整改，" if self.round > 1 else ""
        answer = Answer(
            handling_report=again + self.told.finding, public_reply=self.told.reply,
            found_true=True, solved=solved, unsolved_reason="" if solved else "objective",
            legal_basis="《信访工作条例》及相关行业规定" if self.rng.random() < 0.3 else "",
        )  # fmt: skip
        return self.step(at, "report", self.of_unit(unit), unit=unit.pk, answer=answer)

    def inner_approve(self, at: dt.datetime, unit: Unit, step: int) -> dt.datetime:
        """One step of the unit's inner review."""
        who = self.of_unit(unit, REVIEWERS[step])
        return self.step(at, "inner_approve", who, unit=unit.pk, note="同意")

    def inner_reject(self, at: dt.datetime, unit: Unit, step: int = 0) -> dt.datetime:
        """The unit's inner review gives it back."""
        who = self.of_unit(unit, REVIEWERS[step])
        return self.step(
            at, "inner_reject", who, unit=unit.pk, reason="处理措施不够具体，请补充完成时间。"
        )

    # --- the centre checks and asks -------------------------------------------------------------

    def approve(self, at: dt.datetime, *, publish: bool = False) -> dt.datetime:
        """The centre lets the reply go."""
        return self.step(
            at, "approve", self.staff(Role.REVIEWER), note="事实清楚，同意。", publish=publish
        )

    def send_back(self, at: dt.datetime) -> dt.datetime:
        """The centre sends the reply back."""
        self.round += 1
        return self.step(
            at, "send_back", self.staff(Role.REVIEWER), reason="未写明处理结果和完成时限，请重办。",
            reason_codes=("no_measure_or_result",),
        )  # fmt: skip

    def call_back(self, at: dt.datetime, said: Said) -> dt.datetime:
        """The citizen is called back."""
        return self.step(at, "call_back", self.staff(Role.CALLBACK_AGENT), said=said)

    def rate(self, at: dt.datetime, said: Said) -> dt.datetime:
        """The citizen rates by the web."""
        return self.step(at, "rate", CITIZEN, said=said)

    def archive(self, at: dt.datetime) -> dt.datetime:
        """The system archives it."""
        return self.step(at, "archive", SYSTEM)
