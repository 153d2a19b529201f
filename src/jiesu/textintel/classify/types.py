"""What a person wants with an appeal, by the words they use: before any order taught a model."""

import re

from jiesu.textintel.asked import Answer, Text

# GB/T 33358: 咨询 求助 投诉 举报 建议 表扬, by the codes of the appeal types' table.
_CUES: tuple[tuple[str, float, str], ...] = (
    ("01", 2.0, "咨询|请问|想了解|如何(?:办理|申请|查询)|怎么(?:办理|申请|查|领)|是否(?:可以|能)"
                "|需要(?:什么|哪些)(?:材料|手续)|什么时候|多少钱"),
    ("02", 1.5, "求助|帮忙|帮助|请(?:尽快|派人|协助|协调)|急需|困难|停[水电气]|修复|救援"),
    ("03", 1.5, "投诉|不满|太差|扰民|拖欠|不退|拒绝|态度|推诿|欺骗|乱收费"
                "|要求(?:查处|赔偿|退款|处理|整改)"),
    ("04", 2.5, "举报|违法|非法|无证|偷排|赌博|传销|贩卖|偷税|作坊|受贿|作弊"),
    ("05", 2.5, "建议|能否增|希望(?:增设|增加|开通|设置|规划|完善)|应该(?:增|设)"),
    ("06", 3.0, "表扬|感谢|点赞|锦旗|好评|致谢|拾金不昧|热心"),
)  # fmt: skip
_PATTERNS = tuple((code, weight, re.compile(words)) for code, weight, words in _CUES)
_READ = 2_000
_UNKNOWN = 1.0  # weight of "none of these"


def by_words(text: Text) -> list[Answer]:
    """The types whose words occur, the likeliest first."""
    spoken = f"{text.title}\n{text.body}"[:_READ]
    found = [
        (weight * min(len(words), 3), label, tuple(dict.fromkeys(words))[:3])
        for label, weight, cue in _PATTERNS
        if (words := cue.findall(spoken))
    ]
    total = sum(score for score, _, _ in found) + _UNKNOWN
    answers = [Answer(label, score / total, words) for score, label, words in found]
    return sorted(answers, key=lambda a: -a.probability)
