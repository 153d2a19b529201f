"""Ready-made texts of the demo's desks."""

from jiesu.catalogue import versions
from jiesu.catalogue.models import TextTemplate

PHRASES = [
    ("seat", "开场白", "您好，这里是12345热线，工号{工号}，请问有什么可以帮您？"),
    ("seat", "诉求记录", "来电人反映：{地点}，要求相关部门核实处理并答复。"),
    ("seat", "咨询直接答复", "您好，关于您咨询的{分类}问题，现答复如下："),
    ("seat", "转110告知", "您反映的情况属警情，已为您一键转接110，请保持电话畅通。"),
    ("seat", "结束语", "您的诉求已记录，编号{编号}，承办单位将在{期限}内与您联系，感谢来电。"),
    ("dispatch", "按目录派单", "请按职责依法办理，在{期限}前办结并答复诉求人。"),
    ("dispatch", "疑难件派单", "该事项涉及多部门，请主办单位牵头，协办单位配合，按期反馈。"),
    ("dispatch", "同意退单", "经核，该事项确不属你单位职责，同意退单。"),
    ("dispatch", "驳回退单", "经核权属目录，该事项属你单位职责，请继续办理，不得再次退单。"),
    ("unit", "首次联系", "您好，我是{承办单位}工作人员，就您反映的“{标题}”向您了解情况。"),
    ("unit", "办结答复", "您好，您反映的“{标题}”我单位已收悉。经核查，＿＿＿。处理措施：＿＿＿。"
                     "办理结果：＿＿＿。如有疑问请致电{承办电话}。"),
    ("unit", "未解决说明", "您好，经核查，因＿＿＿，目前尚不能解决，计划于＿＿＿前完成并答复您。"),
    ("review", "审核通过", "事实清楚，措施得当，同意答复。"),
    ("review", "退回重办", "答复未写明核查事实、处理措施和结果，请补充后重新提交。"),
    ("callback", "回访开场", "您好，这里是12345热线，您反映的“{标题}”请问是否已经解决？"),
    ("callback", "满意结束", "感谢您的评价，祝您生活愉快，再见。"),
    ("callback", "不满意追问", "请问您对哪方面不满意？我们将转承办单位二次办理。"),
]  # fmt: skip


def write() -> None:
    """Store them for everybody."""
    TextTemplate.objects.bulk_create(
        TextTemplate(desk=desk, title=title, body=body, order=order)
        for order, (desk, title, body) in enumerate(PHRASES, 1)
    )
    versions.touch()
