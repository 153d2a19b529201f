"""The kinds of limit an appeal can run under (domain §3)."""

from enum import StrEnum


class ClockKind(StrEnum):
    """What must be done before the clock's due time."""

    ACCEPT = "accept"  # take a registered appeal in
    DISPATCH = "dispatch"  # send it to a unit
    OPEN = "open"  # the unit looks at it 查阅
    SIGN = "sign"  # the unit signs for it 签收
    RETURN = "return"  # the unit may return it until then 退单
    CONTACT = "contact"  # the unit speaks with the citizen 联系
    HANDLE = "handle"  # the unit reports its result 办理
    JOINT = "joint"  # a joint unit gives its part 协办: its limit is how long before the lead's due
    REVIEW = "review"  # the centre checks the reply 审核
    CALLBACK = "callback"  # the centre calls back 回访
    TOTAL = "total"  # the citizen's own: from receipt to answer 全程


CLOCK_NAMES: dict[ClockKind, str] = {
    ClockKind.ACCEPT: "受理",
    ClockKind.DISPATCH: "派单",
    ClockKind.OPEN: "查阅",
    ClockKind.SIGN: "签收",
    ClockKind.RETURN: "退单",
    ClockKind.CONTACT: "联系",
    ClockKind.HANDLE: "办理",
    ClockKind.JOINT: "协办",
    ClockKind.REVIEW: "审核",
    ClockKind.CALLBACK: "回访",
    ClockKind.TOTAL: "全程",
}
