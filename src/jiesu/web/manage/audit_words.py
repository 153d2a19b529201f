"""The kinds of audit record in words, and the families they are looked for by."""

from collections.abc import Mapping
from typing import Any

FAMILIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "sign": ("登录", ("sign_in", "sign_in_failed", "sign_out", "recovery_code_used")),
    "people": ("人员与岗位", ("user_", "post_", "password_", "totp_")),
    "clients": ("接口客户端", ("api_client_",)),
    "organizations": ("机构与区划", ("unit_", "region_")),
    "catalogue": ("分类、权属、代码、模板", ("catalogue.",)),
    "deadlines": ("时限与日历", ("deadlines.",)),
    "process": ("流程规则", ("process_rules.",)),
    "reveal": ("查看个人信息", ("reveal", "reveal_")),
    "llm": ("大模型", ("llm_",)),
    "export": ("导出", ("export", "export_", "manage_export", "audit_export")),
}

KINDS: dict[str, str] = {
    "llm_draft": "大模型起草",
    "llm_failed": "大模型未答",
    "catalogue.word_list_set": "修改词表",
    "catalogue.word_list_ended": "停用词表",
    "sign_in": "登录",
    "sign_in_failed": "登录失败",
    "sign_out": "退出",
    "recovery_code_used": "用恢复码登录",
    "user_create": "新增人员",
    "user_edit": "修改人员资料",
    "user_notices": "修改通知设置",
    "user_disable": "停用账号",
    "user_enable": "启用账号",
    "user_unlock": "解除锁定",
    "password_reset": "重置密码",
    "password_change": "修改密码",
    "post_add": "增加岗位",
    "post_end": "离任",
    "post_default": "设默认岗位",
    "post_hand_over": "岗位随机构转移",
    "totp_on": "启用动态验证码",
    "totp_off": "停用动态验证码",
    "totp_codes": "更换恢复码",
    "api_client_create": "新增接口客户端",
    "api_client_edit": "修改接口客户端",
    "api_client_rotate": "更换接口密钥",
    "api_client_revoke": "停用接口客户端",
    "unit_create": "新设单位",
    "unit_edit": "修改单位资料",
    "unit_rename": "单位更名",
    "unit_move": "单位划转",
    "unit_merge": "单位合并",
    "unit_split": "单位分设",
    "unit_close": "单位撤销",
    "unit_change_planned": "计划机构变更",
    "unit_change_cancel": "取消机构变更",
    "unit_change_failed": "机构变更未能执行",
    "unit_import": "导入单位",
    "region_create": "新设区划",
    "region_rename": "区划更名",
    "region_move": "区划划转",
    "region_close": "区划撤销",
    "region_import": "导入区划",
    "catalogue.scheme_drafted": "新建分类方案",
    "catalogue.scheme_discarded": "删除分类草稿",
    "catalogue.scheme_activated": "启用分类方案",
    "catalogue.class_added": "新增分类",
    "catalogue.class_renamed": "修改分类",
    "catalogue.class_retired": "停用分类",
    "catalogue.class_restored": "恢复分类",
    "catalogue.class_removed": "删除草稿分类",
    "catalogue.class_mapped": "对应新旧分类",
    "catalogue.classes_imported": "导入分类",
    "catalogue.duty_added": "新增权属",
    "catalogue.duty_replaced": "变更权属",
    "catalogue.duty_ended": "停用权属",
    "catalogue.duty_imported": "导入权属目录",
    "catalogue.fallback_set": "设兜底单位",
    "catalogue.fallback_ended": "停用兜底单位",
    "catalogue.fallbacks_imported": "导入兜底单位",
    "catalogue.code_added": "新增代码",
    "catalogue.code_changed": "修改代码",
    "catalogue.code_retired": "停用代码",
    "catalogue.code_restored": "恢复代码",
    "catalogue.codes_imported": "导入代码表",
    "catalogue.template_added": "新增文本模板",
    "catalogue.template_changed": "修改文本模板",
    "catalogue.template_removed": "删除文本模板",
    "catalogue.texts_imported": "导入文本模板",
    "catalogue.form_added": "新建补充表单",
    "catalogue.form_replaced": "修改补充表单",
    "catalogue.form_ended": "停用补充表单",
    "catalogue.inherited": "目录随机构转移",
    "deadlines.limit_added": "新增时限",
    "deadlines.limit_replaced": "变更时限",
    "deadlines.limit_ended": "停用时限",
    "deadlines.limit_cancelled": "撤回时限",
    "deadlines.year_loaded": "载入工作日历",
    "deadlines.hours_set": "调整办公时间",
    "deadlines.rules_set": "调整时限算法",
    "deadlines.defaults_loaded": "载入默认时限",
    "process_rules.set": "修改流程规则",
    "process_rules.cancelled": "撤回流程规则",
    "reveal": "查看个人信息",
    "export": "导出工单",
    "manage_export": "导出管理数据",
    "audit_export": "导出审计记录",
}

_LABELS: dict[str, str] = {
    "username": "登录名", "name": "名称", "unit": "单位", "role": "角色", "reason": "理由",
    "before": "原来", "after": "现在", "effective": "生效日期", "document": "依据文号",
    "note": "说明", "value": "值", "rows": "行数", "format": "格式", "file": "文件",
    "permissions": "权限", "per_minute": "每分钟", "expires_on": "有效期", "post": "岗位号",
    "valid_from": "起", "valid_to": "止", "changed": "改动", "problem": "问题", "code": "代码",
    "label": "名称", "category": "分类", "region": "区划", "added": "新增", "ended": "停用",
    "unchanged": "无变化", "new": "新", "same": "相同", "refused": "有误", "title": "标题",
    "body": "正文", "desk": "环节", "year": "年份", "notice": "通知", "wants_email": "邮件通知",
    "agent": "浏览器", "user_agent": "浏览器", "number": "工单号", "fields": "内容",
}  # fmt: skip


def kind_words(kind: str) -> str:
    """A kind in words; one unknown stays as it is."""
    return KINDS.get(kind, kind)


def facts_of(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a record keeps, line by line."""
    return [(_LABELS.get(key, key), _in_words(value)) for key, value in data.items()]


def summary_of(data: Mapping[str, Any]) -> str:
    """The little that tells one record from the next in a list."""
    told = [
        _in_words(data[key])
        for key in ("name", "title", "username", "unit", "role", "value", "rows", "reason")
        if data.get(key) not in (None, "") and not isinstance(data[key], Mapping | list)
    ]
    for key in ("after", "before"):
        units = data.get(key)
        if not told and isinstance(units, list):
            told = [str(u["name"]) for u in units if isinstance(u, Mapping) and "name" in u]
    return " · ".join(told[:3])[:80]


def _in_words(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return "；".join(f"{_LABELS.get(k, k)} {_in_words(v)}" for k, v in value.items())
    if isinstance(value, list):
        return "、".join(_in_words(one) for one in value) or "—"
    return str(value)
