"""The units of the demo province: invented, but placed as real ones are."""

import datetime as dt
from collections.abc import Iterator

from jiesu.access import SYSTEM
from jiesu.organizations.imports import import_units
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.sheet_rows import numbered

PROVINCE = "350000"
SHOWN_CITIES = ("350100", "350200")  # 福州, 厦门: counties with bureaus, some with streets
SHOWN_COUNTIES = ("350102", "350103", "350203", "350206")  # with all their streets
SHOWN_BUREAU = "350102-urban"  # 鼓楼区城市管理局: where the demo's unit accounts work

# key, name after the city's, short name after the city's, kind, inner review steps
CITY_UNITS = [
    ("centre", "12345热线服务中心", "热线中心", "centre", 0),
    ("office", "机关效能建设领导小组办公室", "效能办", "office", 0),
    ("urban", "城市管理委员会", "城管委", "department", 1),
    ("environment", "生态环境局", "生态环境局", "department", 1),
    ("housing", "住房和城乡建设局", "住建局", "department", 1),
    ("planning", "自然资源和规划局", "资源规划局", "department", 1),
    ("transport", "交通运输局", "交通局", "department", 1),
    ("police", "公安局", "公安局", "department", 1),
    ("traffic", "公安局交通警察支队", "交警支队", "department", 1),
    ("market", "市场监督管理局", "市场监管局", "department", 1),
    ("labour", "人力资源和社会保障局", "人社局", "department", 1),
    ("education", "教育局", "教育局", "department", 1),
    ("health", "卫生健康委员会", "卫健委", "department", 1),
    ("insurance", "医疗保障局", "医保局", "department", 1),
    ("civil", "民政局", "民政局", "department", 1),
    ("farming", "农业农村局", "农业农村局", "department", 1),
    ("waters", "水利局", "水利局", "department", 1),
    ("culture", "文化和旅游局", "文旅局", "department", 1),
    ("safety", "应急管理局", "应急局", "department", 1),
    ("justice", "司法局", "司法局", "department", 1),
    ("data", "数据管理局", "数据局", "department", 1),
    ("industry", "工业和信息化局", "工信局", "department", 1),
    ("water", "水务集团", "水务集团", "enterprise", 0),
    ("power", "供电公司", "供电公司", "enterprise", 0),
    ("gas", "燃气公司", "燃气公司", "enterprise", 0),
    ("bus", "公共交通集团", "公交集团", "enterprise", 0),
]
COUNTY_UNITS = [
    ("urban", "城市管理局", "城管局", "department", 1),
    ("environment", "生态环境局", "生态环境局", "department", 1),
    ("housing", "住房和城乡建设局", "住建局", "department", 1),
    ("police", "公安分局", "公安分局", "department", 1),
    ("market", "市场监督管理局", "市场监管局", "department", 1),
    ("labour", "人力资源和社会保障局", "人社局", "department", 1),
    ("education", "教育局", "教育局", "department", 1),
    ("health", "卫生健康局", "卫健局", "department", 1),
    ("civil", "民政局", "民政局", "department", 0),
    ("farming", "农业农村局", "农业农村局", "department", 0),
]
SECTIONS = [("street-order", "市容管理科"), ("building", "违建查处科"), ("sanitation", "环卫科")]
PROVINCE_UNITS = [
    ("centre", "12345热线服务中心", "省热线中心", "centre", 0),
    ("office", "机关效能建设领导小组办公室", "省效能办", "office", 0),
    ("housing", "住房和城乡建设厅", "省住建厅", "department", 1),
    ("environment", "生态环境厅", "省生态环境厅", "department", 1),
    ("transport", "交通运输厅", "省交通厅", "department", 1),
    ("police", "公安厅", "省公安厅", "department", 1),
    ("market", "市场监督管理局", "省市场监管局", "department", 1),
    ("labour", "人力资源和社会保障厅", "省人社厅", "department", 1),
    ("education", "教育厅", "省教育厅", "department", 1),
    ("health", "卫生健康委员会", "省卫健委", "department", 1),
]


def plant(at: dt.datetime) -> dict[str, Unit]:
    """Set the units up; all of them by code, such as ``350102-urban``."""
    report = import_units(numbered(_rows()), actor=SYSTEM, at=at)
    if not report.applied:
        wrong = [f"{row.code}: {error.message}" for row in report.refused for error in row.errors]
        raise ValueError("; ".join(wrong[:5]))
    return {unit.code: unit for unit in Unit.objects.select_related("region")}


def _rows() -> Iterator[dict[str, object]]:
    regions = list(Region.objects.filter(valid_to=None).order_by("path"))
    cities = [r for r in regions if r.level == Region.Level.CITY]
    yield _row(f"{PROVINCE}-gov", "福建省人民政府", "省政府", "government", PROVINCE, "")
    for key, name, short, kind, steps in PROVINCE_UNITS:
        code = f"{PROVINCE}-{key}"
        yield _row(code, "福建省" + name, short, kind, PROVINCE, f"{PROVINCE}-gov", steps)
    for city in cities:
        gov = f"{city.code}-gov"
        name = city.name.removesuffix("综合实验区") if "平潭" in city.name else city.name
        body = "管理委员会" if "平潭" in city.name else "人民政府"
        yield _row(gov, city.name + body, name + ("管委会" if "平潭" in name else "政府"),
                   "government", city.code, f"{PROVINCE}-gov")  # fmt: skip
        for key, long, short, kind, steps in CITY_UNITS:
            yield _row(f"{city.code}-{key}", name + long, name + short, kind, city.code, gov, steps)
        counties = [
            r for r in regions if r.level == Region.Level.COUNTY and r.path[:-4] == city.path
        ]
        for county in counties:
            yield from _county(county, city.code, regions)


def _county(county: Region, city: str, regions: list[Region]) -> Iterator[dict[str, object]]:
    gov = f"{county.code}-gov"
    yield _row(gov, county.name + "人民政府", county.name + "政府", "government", county.code,
               f"{city}-gov")  # fmt: skip
    if city not in SHOWN_CITIES:
        return
    for key, long, short, kind, steps in COUNTY_UNITS:
        code = f"{county.code}-{key}"
        if code == SHOWN_BUREAU:
            steps = 2  # section head, then the leader in charge
        yield _row(code, county.name + long, county.name + short, kind, county.code, gov, steps)
        if county.code in SHOWN_COUNTIES and key == "urban":
            for section, name in SECTIONS:
                full = f"{county.name}{long}{name}"
                yield _row(f"{code}-{section}", full, name, "section", county.code, code)
    if county.code in SHOWN_COUNTIES:
        for street in regions:
            if street.level == Region.Level.STREET and street.path[:-4] == county.path:
                office = "办事处" if street.name.endswith("街道") else "人民政府"
                yield _row(f"{street.code}-gov", street.name + office, street.name, "street",
                           street.code, gov)  # fmt: skip


def _row(
    code: str, name: str, short: str, kind: str, region: str, parent: str, steps: int = 0
) -> dict[str, object]:
    return {
        "code": code, "name": name, "short_name": short, "kind": kind, "region": region,
        "parent": parent, "inner_review_steps": str(steps),
    }  # fmt: skip
