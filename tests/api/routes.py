"""Every operation of the API with a call that is right in form: for tests that walk them all."""

from typing import Any

from jiesu.api.v1.api import document

# Bodies that pass the door; {version} etc. are filled in by the walking test. None: no body.
BODIES: dict[str, dict[str, Any] | None] = {
    "/appeals": {
        "content": "路灯不亮", "region_code": "350102001", "channel": "phone",
        "appeal_type": "03", "phone": "13812342046",
    },
    "/appeals/search": {"phone": "13812342046"},
    "/appeals/{number}/reveal": {"reason": "核实来电人身份"},
    "/appeals/{number}/progress": {},
    "/appeals/{number}/accept": {"version": 1},
    "/appeals/{number}/reclassify": {"version": 1, "title": "改个标题"},
    "/appeals/{number}/add-facts": {"text": "又来了"},
    "/appeals/{number}/urge": {"text": "请快些"},
    "/appeals/{number}/withdraw": {"version": 1, "reason": "来电人不再要求处理"},
    "/appeals/{number}/answer-directly": {"version": 1, "answer": "您好，答复如下。"},
    "/appeals/{number}/refuse": {"version": 1, "reason_code": "?", "explanation": "请走诉讼"},
    "/appeals/{number}/hand-over": {"version": 1, "line_code": "?"},
    "/appeals/{number}/merge": {"version": 1, "master": "3501002611160000010"},
    "/appeals/{number}/unmerge": {"version": 1, "reason": "不是一件事"},
    "/appeals/{number}/dispatch": {"version": 1, "lead": "urban", "reason": "其职责"},
    "/appeals/{number}/reassign": {"version": 1, "lead": "water", "reason": "其职责"},
    "/appeals/{number}/add-joint": {"version": 1, "units": ["environment"]},
    "/appeals/{number}/resume": {"version": 1, "reason": "可以办了"},
    "/appeals/{number}/list-difficult": {"version": 1, "reason": "历史遗留"},
    "/appeals/{number}/unlist": {"version": 1, "reason": "可以办了"},
    "/appeals/{number}/consult": {"question": "谁管？", "units": ["urban"]},
    "/appeals/{number}/approve": {"version": 1},
    "/appeals/{number}/send-back": {"version": 1, "reason": "答非所问"},
    "/appeals/{number}/call-back": {"version": 1, "reached": False},
    "/appeals/{number}/rate": {"satisfaction": 5},
    "/appeals/{number}/close": {"version": 1, "reason": "诉求人要求不回访"},
    "/appeals/{number}/reopen": {"version": 1, "reason": "又复发"},
    "/appeals/{number}/archive": {"version": 1},
    "/assignments/{pk}/open": {"version": 1},
    "/assignments/{pk}/sign": {"version": 1},
    "/assignments/{pk}/take-over": {"version": 1, "handler": "clerk"},
    "/assignments/{pk}/contact": {"way": "phone", "reached": False},
    "/assignments/{pk}/apply": {
        "version": 1, "kind": "suspension", "reason_code": "lawsuit", "reason": "已起诉",
        "citizen_told": "已电话告知",
    },
    "/assignments/{pk}/pass-down": {"version": 1, "unit": "urban_section"},
    "/assignments/{pk}/recall": {"version": 1, "reason": "自办"},
    "/assignments/{pk}/draft": {"version": 1, "handling_report": "正在核查"},
    "/assignments/{pk}/report": {"version": 1, "handling_report": "已核查"},
    "/assignments/{pk}/inner-approve": {"version": 1},
    "/assignments/{pk}/inner-reject": {"version": 1, "reason": "写清楚"},
    "/applications/{pk}/judge": {"accept": True},
    "/consultations/{pk}/opinion": {"text": "我局可以办"},
    "/consultations/{pk}/conclude": {"text": "由城管局办"},
    "/attachments": None,
    "/supervision/instruments": {
        "kind": "order", "unit": "urban", "matter": "占道经营", "demands": "限期整治",
    },
    "/supervision/instruments/{pk}/answer": {"version": 2, "answer": "已整治"},
    "/quality/samples": {"subject": "order", "day": "2026-11-15"},
    "/quality/inspections": {"appeal": "{number}", "subject": "order"},
    "/quality/inspections/{pk}/mark": {"version": 1, "lost": {}},
    "/quality/inspections/{pk}/contest": {"version": 1, "reason": "已按要求回复诉求人。"},
    "/efficiency/clues": {
        "kind": "slow", "unit": "urban", "orders": ["{number}"], "note": "多次超期",
    },
    "/efficiency/clues/{pk}/set-aside": {"version": 1, "why": "查无实据"},
    "/efficiency/cases": {
        "kind": "inspection", "unit": "urban", "title": "多次超期", "matter": "三次超期。",
        "beside": True,
    },
    "/efficiency/cases/{pk}/clues": {"version": 1, "clues": [0]},
    "/efficiency/cases/{pk}/examine": {"version": 1},
    "/efficiency/cases/{pk}/propose": {
        "version": 1, "findings": "经查情况属实，确有超期。", "basis": "条例", "is_true": True,
        "outcome": "reminder",
    },
    "/efficiency/cases/{pk}/close": {"version": 1, "note": "已整改"},
    "/efficiency/cases/{pk}/drop": {"version": 1, "note": "另案处理"},
    "/suggestions": {"content": "路灯不亮", "region": "350102001"},
    "/catalogue/sheets/{kind}": None,
    "/regions/import": {"rows": [{"code": "350102", "name": "鼓楼区"}], "dry_run": True},
    "/units/import": {"rows": [{"code": "urban", "name": "鼓楼区城市管理局"}], "dry_run": True},
}  # fmt: skip
QUERIES: dict[str, dict[str, str]] = {
    "/catalogue/duty": {"category": "0105", "region": "350102001"},
    "/catalogue/local-form": {"region": "350102001"},
}


def operations() -> list[tuple[str, str, str]]:
    """(method, path below /api/v1, the permissions any of which open it)."""
    return [
        (method.upper(), path.removeprefix("/api/v1"), said.get("x-permission", ""))
        for path, methods in document()["paths"].items()
        for method, said in methods.items()
    ]
