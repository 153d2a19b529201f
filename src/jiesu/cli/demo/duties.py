"""Who answers for what in the demo: a duty catalogue over the default classes, with fall-backs."""

import datetime as dt

from jiesu.catalogue import categories, versions
from jiesu.catalogue.models import DutyEntry, FallbackUnit
from jiesu.organizations.models import Region, Unit

# class, the city's unit, the county's unit ("" = none there), legal basis
DUTIES = [
    ("01", "housing", "housing", "《中华人民共和国建筑法》第六条"),
    ("0101", "planning", "", "《中华人民共和国城乡规划法》第十一条"),
    ("0104", "urban", "urban", "《中华人民共和国城乡规划法》第六十四条"),
    ("0105", "urban", "urban", "《城市市容和环境卫生管理条例》第十四条"),
    ("0106", "urban", "urban", "《城市市容和环境卫生管理条例》第四条"),
    ("0107", "urban", "urban", "《城市建筑垃圾管理规定》第三条"),
    ("0108", "urban", "urban", "《城市绿化条例》第七条"),
    ("02", "urban", "urban", "《城市道路管理条例》第六条"),
    ("0201", "water", "", "《城市供水条例》第七条"),
    ("0203", "power", "", "《电力供应与使用条例》第三条"),
    ("0204", "gas", "", "《城镇燃气管理条例》第五条"),
    ("0209", "urban", "urban", "《福建省城市停车管理规定》"),
    ("03", "housing", "housing", "《城市房地产管理法》第七条"),
    ("0303", "planning", "", "《不动产登记暂行条例》第六条"),
    ("04", "planning", "", "《中华人民共和国土地管理法》第五条"),
    ("05", "environment", "environment", "《中华人民共和国环境保护法》第十条"),
    ("0501", "environment", "environment", "《中华人民共和国噪声污染防治法》第八条"),
    ("0502", "police", "police", "《中华人民共和国噪声污染防治法》第八十二条"),
    ("06", "transport", "", "《中华人民共和国道路运输条例》第七条"),
    ("0601", "bus", "", "《城市公共汽车和电车客运管理规定》第四条"),
    ("07", "police", "police", "《中华人民共和国人民警察法》第六条"),
    ("0703", "traffic", "", "《中华人民共和国道路交通安全法》第五条"),
    ("0704", "traffic", "", "《中华人民共和国道路交通安全法》第二十五条"),
    ("0705", "traffic", "", "《中华人民共和国道路交通安全法》第五十六条"),
    ("08", "market", "market", "《中华人民共和国消费者权益保护法》第三十二条"),
    ("09", "labour", "labour", "《劳动保障监察条例》第三条"),
    ("10", "health", "health", "《医疗机构管理条例》第五条"),
    ("1005", "insurance", "", "《医疗保障基金使用监督管理条例》第六条"),
    ("1006", "insurance", "", "《医疗保障基金使用监督管理条例》第六条"),
    ("1007", "insurance", "", "《医疗保障基金使用监督管理条例》第六条"),
    ("11", "education", "education", "《中华人民共和国教育法》第十五条"),
    ("12", "culture", "", "《中华人民共和国旅游法》第七条"),
    ("13", "civil", "civil", "《社会救助暂行办法》第三条"),
    ("14", "farming", "farming", "《中华人民共和国农业法》第九条"),
    ("1407", "waters", "", "《中华人民共和国水法》第十二条"),
    ("15", "industry", "", "《优化营商环境条例》第七条"),
    ("1503", "data", "", "《优化营商环境条例》第三十六条"),
    ("16", "industry", "", "《中华人民共和国电信条例》第三条"),
    ("17", "justice", "", "《中华人民共和国法律援助法》第五条"),
    ("18", "office", "", "《福建省机关效能建设工作条例》"),
    ("20", "safety", "", "《中华人民共和国安全生产法》第十条"),
    ("2005", "gas", "", "《城镇燃气管理条例》第三十九条"),
    ("2006", "urban", "urban", "《气象灾害防御条例》第四条"),
    ("21", "data", "", "《福建省政务数据管理办法》"),
]


def write(units: dict[str, Unit], at: dt.datetime) -> int:
    """Store the catalogue and the fall-back units; how many entries."""
    entries, fallbacks = [], []
    regions = Region.objects.filter(valid_to=None, level__in=["province", "city", "county"])
    for region in regions.order_by("path"):
        government = units.get(f"{region.code}-gov")
        if government is not None:
            fallbacks.append(FallbackUnit(region=region, unit=government))
        for code, of_city, of_county, basis in DUTIES:
            key = {"city": of_city, "county": of_county}.get(region.level, "")
            unit = units.get(f"{region.code}-{key}")
            if unit is not None and key:
                entries.append(
                    DutyEntry(category=categories.get(code, at), region=region, unit=unit,
                              legal_basis=basis)
                )  # fmt: skip
    entries.extend(
        DutyEntry(category=categories.get("0106", at), region=unit.region, unit=unit,
                  legal_basis="《福建省城乡生活垃圾管理条例》", note="街道直接承办")
        for code, unit in units.items() if unit.kind == Unit.Kind.STREET
    )  # fmt: skip
    DutyEntry.objects.bulk_create(entries)
    FallbackUnit.objects.bulk_create(fallbacks)
    versions.touch()
    return len(entries)
