"""Which fonts a paper is set in: the office's own where they are, free ones else."""

from collections.abc import Mapping
from functools import cache

import typst

from jiesu.foundation.errors import UseCaseError

# What GB/T 9704-2012 asks for, then what may stand in for it, first come first.
WANTED: Mapping[str, tuple[str, ...]] = {
    "fang": ("FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "STFangsong",
             "Noto Serif CJK SC", "Source Han Serif SC", "AR PL UMing CN", "WenQuanYi Zen Hei"),
    "hei": ("SimHei", "黑体", "STHeiti", "Noto Sans CJK SC", "Source Han Sans SC",
            "WenQuanYi Zen Hei"),
    "kai": ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "楷体", "STKaiti", "AR PL UKai CN",
            "Noto Serif CJK SC", "WenQuanYi Zen Hei"),
    "biao": ("FZXiaoBiaoSong-B05S", "方正小标宋简体", "Noto Serif CJK SC", "Source Han Serif SC",
             "STSong", "SimSun", "WenQuanYi Zen Hei"),
}  # fmt: skip
# A Word file names its fonts; the reader's office has these.
IN_WORD: Mapping[str, str] = {
    "fang": "仿宋", "hei": "黑体", "kai": "楷体", "biao": "方正小标宋简体",
}  # fmt: skip


class NoChineseFont(UseCaseError):
    """This machine has no font with Chinese, so a PDF would be empty boxes."""

    code = "no_chinese_font"

    def __init__(self) -> None:
        super().__init__(
            "服务器没有安装中文字体，无法生成 PDF。请改为下载 Word 版，并请系统管理员安装中文字体"
            "（如 fonts-noto-cjk）。"
        )


@cache
def installed() -> typst.Fonts:
    """The machine's fonts, looked for once a process."""
    return typst.Fonts(include_system_fonts=True)


@cache
def stacks() -> dict[str, list[str]]:
    """Per use (fang, hei, kai, biao) the fonts that are there. Refuses when one has none."""
    present = set(installed().families())
    found = {use: [name for name in names if name in present] for use, names in WANTED.items()}
    if not all(found.values()):
        raise NoChineseFont
    return found
