"""Reading the State Council's notice as published (official documents, free to quote)."""

import datetime as dt

import pytest
from tests.deadlines.conftest import CALENDAR, OFFICE

from jiesu.deadlines.notice import read_notice
from jiesu.deadlines.worktime import Calendar
from jiesu.foundation.errors import Invalid

NOTICES = {
    2026: """经国务院批准，现将2026年元旦等节日放假调休日期的具体安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
鼓励单位和个人结合落实带薪年休假等制度，实际形成较长假期，推动错峰出行。""",
    2025: """一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。""",
    2024: """一、元旦：1月1日放假，与周末连休。
二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。鼓励各单位结合带薪年休假等制度落实，安排职工在除夕（2月9日）休息。
三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。
四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。
五、端午节：6月10日放假，与周末连休。
六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。""",
    2017: """一、元旦：1月1日放假，1月2日（星期一）补休。
二、春节：1月27日至2月2日放假调休，共7天。1月22日（星期日）、2月4日（星期六）上班。
三、清明节：4月2日至4日放假调休，共3天。4月1日（星期六）上班。
四、劳动节：5月1日放假，与周末连休。
五、端午节：5月28日至30日放假调休，共3天。5月27日（星期六）上班。
六、中秋节、国庆节：10月1日至8日放假调休，共8天。9月30日（星期六）上班。""",
}


@pytest.mark.parametrize("year", NOTICES)
def test_a_notice_read_gives_the_same_working_days_as_the_packaged_calendar(year):
    rows = read_notice(NOTICES[year], year)

    read = Calendar({row.date: row.is_workday for row in rows}, {year}, OFFICE)
    first = dt.date(year, 1, 1)
    days = [first + dt.timedelta(days=n) for n in range((dt.date(year + 1, 1, 1) - first).days)]
    assert [day for day in days if read.is_workday(day) != CALENDAR.is_workday(day)] == []


def test_a_notice_may_begin_in_the_december_before():
    rows = read_notice(
        "一、元旦：2018年12月30日至2019年1月1日放假调休，共3天。2018年12月29日（星期六）上班。",
        2019,
    )

    assert [(str(row.date), row.is_workday) for row in rows] == [
        ("2018-12-29", True),
        ("2018-12-30", False),
        ("2018-12-31", False),
        ("2019-01-01", False),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "没有读出放假日期"),
        ("鼓励错峰出行。", "没有读出放假日期"),
        ("一、元旦：1月1日（周五）至3日（周日）放假。", "2026-01-01 是周四"),
        ("一、元旦：1月1日至3日放假，共4天。", "共 4 天，起止日期却是 3 天"),
        ("一、元旦：1月3日至1日放假。", "起止日期不对"),
        ("一、元旦：13月1日放假。", "不是有效日期"),
        ("一、元旦：1月1日至3日放假。1月3日上班。", "既写了放假又写了上班"),
    ],
)
def test_a_text_that_contradicts_itself_is_refused(text, words):
    with pytest.raises(Invalid, match=words):
        read_notice(text, 2026)


def test_a_notice_pasted_into_the_wrong_year_is_refused_by_its_weekdays():
    with pytest.raises(Invalid, match="请核对年份"):
        read_notice(NOTICES[2026], 2027)
