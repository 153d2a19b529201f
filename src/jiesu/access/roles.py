"""The roles of the hotline and the permissions each starts with (domain §1; 等保三级: 三员分立).

Why the table is as it is:

- The agent answers, refuses, hands over and accepts, so that an easy call ends where it began
  (首接负责); sending to a unit is the dispatcher's alone. An agent sees the area, for the caller's
  history and for duplicates.
- Units see what is theirs. The clerk does the work; section head and unit's leader make the inner
  review; the leader in charge signs, and does not handle.
- Who reviews a reply has not written it: no role both reports and decides the centre's review.
  The call-back is a third person's; a reviewer closes, and so does a call-back that satisfied.
- The efficiency office watches, urges, supervises, inspects, scores and works its cases; it moves
  no order. A case's outcome is approved by another person than whoever proposed it, a bulletin by
  one who wrote nothing of it: a leader, or a colleague where the office has none. A leader reads,
  masked, approves listed supervision, writes notes, and neither reveals nor exports.
- A unit's people see their own scores; its leader or section head, since not every unit has a
  leader's account, applies for exclusions and contests ratings. Who applies never decides:
  exclusions are the efficiency office's, ratings the centre's reviewers'.
- Three administrators: system (organizations, catalogue, limits), security (people, posts, API
  clients), audit (the audit, nothing else). None of them reads an appeal, none is two of them.
- Stepping aside 回避 is no matter of roles but of one person and one appeal: ``access.recusal``.
"""

from collections.abc import Iterable
from enum import StrEnum

from jiesu.access.permissions import Permission as P


class Role(StrEnum):
    """A person's role in a unit."""

    AGENT = "agent"
    SHIFT_LEAD = "shift_lead"
    DISPATCHER = "dispatcher"
    CLERK = "clerk"
    SECTION_HEAD = "section_head"
    UNIT_LEADER = "unit_leader"
    REVIEWER = "reviewer"
    CALLBACK_AGENT = "callback_agent"
    SUPERVISOR = "supervisor"
    LEADER = "leader"
    CATALOGUE_EDITOR = "catalogue_editor"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"
    API_CLIENT = "api_client"


ROLE_NAMES: dict[Role, str] = {
    Role.AGENT: "话务员",
    Role.SHIFT_LEAD: "话务班长",
    Role.DISPATCHER: "派单员",
    Role.CLERK: "承办员",
    Role.SECTION_HEAD: "科室负责人",
    Role.UNIT_LEADER: "分管领导",
    Role.REVIEWER: "审核员",
    Role.CALLBACK_AGENT: "回访员",
    Role.SUPERVISOR: "效能督办员",
    Role.LEADER: "领导",
    Role.CATALOGUE_EDITOR: "目录管理员",
    Role.SYSTEM_ADMIN: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.AUDIT_ADMIN: "审计管理员",
    Role.API_CLIENT: "接口客户端",
}

# Who works at one of the centre's desks: the petitioner's data is kept from everybody else first.
CENTRE_ROLES = frozenset(
    {Role.AGENT, Role.SHIFT_LEAD, Role.DISPATCHER, Role.REVIEWER, Role.CALLBACK_AGENT}
)
# Three separate administrators: one person holds at most one of these.
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})


def why_not_both(held: Iterable[str], wanted: str) -> str:
    """The Chinese sentence that keeps a role from who already holds others; "" when they agree."""
    if wanted not in ADMINISTRATORS:
        return ""
    for role in held:
        if role in ADMINISTRATORS and role != wanted:
            return (
                f"该用户已是{ROLE_NAMES[Role(role)]}，不能再任{ROLE_NAMES[Role(wanted)]}："
                "系统、安全、审计三员必须分立，请由另一人担任。"
            )
    return ""


_INTAKE = {
    P.INTAKE_REGISTER, P.INTAKE_DIRECT_ANSWER, P.INTAKE_REFUSE, P.INTAKE_HAND_OVER,
    P.INTAKE_ADD_FACTS, P.INTAKE_URGE, P.INTAKE_WITHDRAW, P.TRIAGE_ACCEPT, P.TRIAGE_MERGE,
    P.APPEAL_VIEW, P.APPEAL_VIEW_AREA, P.APPEAL_REVEAL, P.QUALITY_CONTEST,
}  # fmt: skip
_DISPATCH = {
    P.WARNINGS_ACT,
    P.TRIAGE_ACCEPT, P.TRIAGE_EDIT, P.TRIAGE_MERGE, P.DISPATCH_ASSIGN, P.DISPATCH_REASSIGN,
    P.DISPATCH_JUDGE, P.DISPATCH_LIST_DIFFICULT, P.DISPATCH_CONSULT, P.INTAKE_REFUSE,
    P.INTAKE_HAND_OVER, P.INTAKE_ADD_FACTS, P.INTAKE_DIRECT_ANSWER, P.INTAKE_WITHDRAW,
    P.APPEAL_VIEW, P.APPEAL_VIEW_AREA, P.APPEAL_REVEAL, P.APPEAL_EXPORT,
}  # fmt: skip
_CLERK = {
    P.HANDLING_OPEN, P.HANDLING_SIGN, P.HANDLING_APPLY, P.HANDLING_PASS_DOWN, P.HANDLING_CONTACT,
    P.HANDLING_REPORT, P.APPEAL_VIEW, P.APPEAL_REVEAL, P.APPEAL_EXPORT, P.DISPATCH_CONSULT,
    P.MANAGE_TEMPLATES, P.SCORING_OWN, P.BULLETIN_READ, P.QUALITY_CONTEST, P.SUPERVISION_ANSWER,
}  # fmt: skip
_REVIEW = {
    P.REVIEW_DECIDE, P.CLOSURE_CLOSE, P.CLOSURE_REOPEN, P.CLOSURE_ARCHIVE, P.APPEAL_VIEW,
    P.APPEAL_VIEW_AREA, P.APPEAL_REVEAL, P.APPEAL_EXPORT, P.INTAKE_ADD_FACTS,
    P.SCORING_REMEDY,
}  # fmt: skip

_CALLBACK = {
    P.CALLBACK_RECORD, P.CLOSURE_CLOSE, P.INTAKE_ADD_FACTS, P.APPEAL_VIEW, P.APPEAL_VIEW_AREA,
    P.APPEAL_REVEAL,
}  # fmt: skip
_SUPERVISION = {
    P.WARNINGS_ACT, P.WARNINGS_WORDS, P.SUPERVISION_VIEW, P.INTAKE_URGE, P.APPEAL_VIEW,
    P.APPEAL_VIEW_AREA, P.APPEAL_REVEAL,
    P.APPEAL_EXPORT, P.SCORING_VIEW, P.SCORING_MANAGE, P.SCORING_DECIDE, P.QUALITY_INSPECT,
    P.QUALITY_JUDGE, P.PATROL_RECORD, P.EFFICIENCY_CASES, P.EFFICIENCY_DECIDE, P.SUPERVISION_ISSUE,
    P.SUPERVISION_NOTE, P.SUPERVISION_RULES, P.BULLETIN_READ, P.BULLETIN_DRAFT, P.BULLETIN_APPROVE,
}  # fmt: skip
_SYSTEM = {
    P.MANAGE_ORGANIZATIONS, P.MANAGE_CATALOGUE, P.MANAGE_DEADLINES, P.MANAGE_TEMPLATES,
    P.MANAGE_SYSTEM,
}  # fmt: skip

# What only a client that was named for it holds: the register of units or the catalogue of another
# system, kept in step. People, keys and the audit are never a machine's (三员分立).
REFERENCE_DATA = frozenset({P.MANAGE_CATALOGUE, P.MANAGE_ORGANIZATIONS})

ROLE_PERMISSIONS: dict[Role, frozenset[P]] = {
    Role.AGENT: frozenset(_INTAKE),
    Role.SHIFT_LEAD: frozenset(
        _INTAKE
        | {P.WARNINGS_ACT, P.TRIAGE_EDIT, P.APPEAL_EXPORT, P.MANAGE_TEMPLATES, P.QUALITY_INSPECT}
    ),
    Role.DISPATCHER: frozenset(_DISPATCH),
    Role.CLERK: frozenset(_CLERK),
    Role.SECTION_HEAD: frozenset(_CLERK | {P.HANDLING_INNER_REVIEW, P.SCORING_APPLY}),
    Role.UNIT_LEADER: frozenset(
        {
            P.HANDLING_INNER_REVIEW,
            P.APPEAL_VIEW,
            P.APPEAL_REVEAL,
            P.APPEAL_EXPORT,
            P.SCORING_OWN,
            P.SCORING_APPLY,
            P.BULLETIN_READ,
            P.QUALITY_CONTEST,
            P.SUPERVISION_ANSWER,
        }
    ),
    Role.REVIEWER: frozenset(_REVIEW),
    Role.CALLBACK_AGENT: frozenset(_CALLBACK),
    Role.SUPERVISOR: frozenset(_SUPERVISION),
    Role.LEADER: frozenset(
        {
            P.SUPERVISION_VIEW,
            P.SUPERVISION_APPROVE,
            P.SUPERVISION_NOTE,
            P.APPEAL_VIEW,
            P.APPEAL_VIEW_AREA,
            P.SCORING_VIEW,
            P.BULLETIN_READ,
            P.BULLETIN_APPROVE,
            P.EFFICIENCY_DECIDE,
        }
    ),
    Role.CATALOGUE_EDITOR: frozenset({P.MANAGE_CATALOGUE, P.MANAGE_DEADLINES, P.MANAGE_TEMPLATES}),
    Role.SYSTEM_ADMIN: frozenset(_SYSTEM),
    Role.SECURITY_ADMIN: frozenset({P.MANAGE_PEOPLE, P.MANAGE_API_CLIENTS}),
    Role.AUDIT_ADMIN: frozenset({P.AUDIT_VIEW}),
    # The most any client may be given; each holds an explicit part of it (accounts.api_clients).
    Role.API_CLIENT: frozenset(
        _INTAKE
        | _DISPATCH
        | _CLERK
        | _REVIEW
        | _CALLBACK
        | REFERENCE_DATA
        | {P.HANDLING_INNER_REVIEW, P.SCORING_VIEW, P.SUPERVISION_VIEW, P.SUPERVISION_ISSUE}
        | {P.BULLETIN_READ, P.QUALITY_INSPECT, P.EFFICIENCY_CASES}
    ),
}
