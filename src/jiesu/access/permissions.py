"""What a person may do, one name per move or desk. Names are ``desk.move``."""

from enum import StrEnum


class Permission(StrEnum):
    """Every permission there is; roles are sets of these (``access/roles.py``)."""

    # intake 受理
    INTAKE_REGISTER = "intake.register"
    INTAKE_DIRECT_ANSWER = "intake.answer_directly"
    INTAKE_REFUSE = "intake.refuse"
    INTAKE_HAND_OVER = "intake.hand_over"
    INTAKE_ADD_FACTS = "intake.add_facts"
    INTAKE_URGE = "intake.urge"
    INTAKE_WITHDRAW = "intake.withdraw"
    # triage and dispatch 派单
    TRIAGE_ACCEPT = "triage.accept"
    TRIAGE_EDIT = "triage.edit"
    TRIAGE_MERGE = "triage.merge"
    DISPATCH_ASSIGN = "dispatch.assign"
    DISPATCH_REASSIGN = "dispatch.reassign"
    DISPATCH_JUDGE = "dispatch.judge"  # returns, extensions, suspensions, endings
    DISPATCH_LIST_DIFFICULT = "dispatch.list_difficult"
    DISPATCH_CONSULT = "dispatch.consult"
    # handling 承办
    HANDLING_OPEN = "handling.open"
    HANDLING_SIGN = "handling.sign"
    HANDLING_APPLY = "handling.apply"  # return, extension, suspension, ending
    HANDLING_PASS_DOWN = "handling.pass_down"  # noqa: S105 - a move, no password
    HANDLING_CONTACT = "handling.contact"
    HANDLING_REPORT = "handling.report"
    HANDLING_INNER_REVIEW = "handling.inner_review"
    # the centre's review, call-back, end
    REVIEW_DECIDE = "review.decide"
    CALLBACK_RECORD = "callback.record"
    CLOSURE_CLOSE = "closure.close"
    CLOSURE_ARCHIVE = "closure.archive"
    CLOSURE_REOPEN = "closure.reopen"
    # reading
    APPEAL_VIEW = "appeal.view"
    APPEAL_VIEW_AREA = "appeal.view_area"  # all of one's region, not only one's unit's
    APPEAL_REVEAL = "appeal.reveal"  # personal data in the clear, with a reason
    APPEAL_EXPORT = "appeal.export"
    # managing
    MANAGE_ORGANIZATIONS = "manage.organizations"
    MANAGE_PEOPLE = "manage.people"
    MANAGE_CATALOGUE = "manage.catalogue"
    MANAGE_DEADLINES = "manage.deadlines"
    MANAGE_TEMPLATES = "manage.templates"
    MANAGE_SYSTEM = "manage.system"
    MANAGE_API_CLIENTS = "manage.api_clients"
    AUDIT_VIEW = "audit.view"
    WARNINGS_ACT = "warnings.act"  # see the ringing warnings and note what was done
    WARNINGS_WORDS = "warnings.words"  # word lists of warnings, sensitive classes, the reply gate
    # supervision 督办
    SUPERVISION_VIEW = "supervision.view"  # instruments, ledgers, notes of one's region
    SUPERVISION_ISSUE = "supervision.issue"  # issue, judge answers, approve closings
    SUPERVISION_APPROVE = "supervision.approve"  # a leader: listed supervision, talks
    SUPERVISION_ANSWER = "supervision.answer"  # a unit: what was issued to it
    SUPERVISION_NOTE = "supervision.note"  # leaders' notes: write, or record a sheet
    SUPERVISION_RULES = "supervision.rules"  # trigger rules, letter heads
    # scoring 考核
    SCORING_VIEW = "scoring.view"  # every unit's scores in one's region
    SCORING_OWN = "scoring.own"  # one's own unit's
    SCORING_MANAGE = "scoring.manage"  # schemes, periods, faults
    SCORING_APPLY = "scoring.apply"  # exclusions, remedies
    SCORING_DECIDE = "scoring.decide"  # exclusions; two different people
    SCORING_REMEDY = "scoring.remedy"  # the centre: contested ratings
    # bulletins 通报
    BULLETIN_READ = "bulletins.read"  # those let out by one's region and the regions above
    BULLETIN_DRAFT = "bulletins.draft"  # write them; their templates
    BULLETIN_APPROVE = "bulletins.approve"  # approve what another wrote, send it back, let it out
    # looking closely: quality, patrols, efficiency cases
    QUALITY_INSPECT = "quality.inspect"
    QUALITY_JUDGE = "quality.judge"  # contested marks; sheets and samples
    QUALITY_CONTEST = "quality.contest"  # one's own, or one's unit's
    PATROL_RECORD = "patrol.record"
    EFFICIENCY_CASES = "efficiency.cases"
    EFFICIENCY_DECIDE = "efficiency.decide"
