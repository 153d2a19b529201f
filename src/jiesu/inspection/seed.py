"""The default score sheets, sample shares and clue rules (domain §8, ``[d]``): first rows only."""

import datetime as dt

from jiesu.inspection.models import ClueKind, ClueRule, SampleRule, ScoreSheet, Subject

FROM = dt.date(2020, 1, 1)
BY = "系统默认"

_CALL = [
    ("opening", "开头语、结束语", 5, "规范用语，报工号，问还有没有别的事"),
    ("manner", "服务态度", 15, "耐心、礼貌，不打断"),
    ("listening", "倾听与理解", 10, "复述确认，不让市民重复"),
    ("accuracy", "答复准确", 20, "依据知识库，不猜，不答错"),
    ("elements", "要素齐全", 15, "时间、地点、人物、事情、诉求"),
    ("classification", "分类准确", 15, "类型、分类到二级、紧急程度"),
    ("duration", "时长合理", 5, "不拖沓，不抢挂"),
    ("wording", "文字表达", 10, "通顺，无错别字，不含个人评价"),
    ("confidentiality", "保密", 5, "不透露他人信息和内部信息"),
]
_CALL_FATAL = [
    ("abuse", "辱骂、顶撞诉求人"), ("leak", "泄露个人信息"), ("hang_up", "主动挂断"),
    ("false_promise", "虚假承诺"), ("urgent_missed", "紧急事项未上报"),
]  # fmt: skip
_ORDER = [
    ("title", "标题", 10, "一眼看得出什么事、在哪里"),
    ("elements", "要素齐全", 30, "时间、地点、人物、事情、诉求"),
    ("classification", "分类准确", 25, "类型、分类到二级、紧急程度"),
    ("place", "地点准确", 15, "到街道，有具体位置"),
    ("wording", "文字表达", 20, "通顺，无错别字，不含个人评价"),
]
_ORDER_FATAL = [("leak", "正文写入无关个人信息"), ("urgent_missed", "紧急事项未标特急")]
_REPLY = [
    ("on_topic", "针对诉求", 25, "逐项回应，不答非所问"),
    ("facts", "事实清楚", 20, "核查了什么，看到了什么"),
    ("measures", "措施具体", 20, "做了什么，还要做什么，到何时"),
    ("basis", "依据准确", 15, "法律政策现行有效"),
    ("manner", "语气与文字", 10, "通俗、礼貌、无错别字"),
    ("contact", "联系到位", 10, "答复前联系过诉求人"),
]
_REPLY_FATAL = [("false_report", "虚报办结"), ("leak", "泄露个人信息")]

_RULES = {
    ClueKind.IMPROPER_RETURN: (3, 90),
    ClueKind.SHIRKING: (3, 30),
    ClueKind.FALSE_REPORT: (2, 90),
    ClueKind.SLOW: (5, 30),
    ClueKind.BAD_QUALITY: (5, 90),
    ClueKind.REPEATED: (3, 30),
}


def load() -> None:
    """This will store the defaults where nothing was ever set; a second call changes nothing."""
    sheets = (
        (Subject.CALL, "通话质检评分表", _CALL, _CALL_FATAL),
        (Subject.ORDER, "工单登记质检评分表", _ORDER, _ORDER_FATAL),
        (Subject.REPLY, "答复质检评分表", _REPLY, _REPLY_FATAL),
    )
    for subject, name, items, fatal in sheets:
        if not ScoreSheet.objects.filter(subject=subject).exists():
            ScoreSheet.objects.create(
                subject=subject, name=name, valid_from=FROM, set_by=BY,
                items=[dict(zip(("code", "name", "points", "hint"), i, strict=True))
                       for i in items],
                fatal=[{"code": c, "name": n} for c, n in fatal],
            )  # fmt: skip
    for subject in (Subject.ORDER, Subject.REPLY):
        if not SampleRule.objects.filter(subject=subject).exists():
            SampleRule.objects.create(
                subject=subject, share=3, weighted=50, valid_from=FROM, set_by=BY
            )
    for kind, (count, days) in _RULES.items():
        if not ClueRule.objects.filter(kind=kind).exists():
            ClueRule.objects.create(kind=kind, count=count, days=days, valid_from=FROM, set_by=BY)
