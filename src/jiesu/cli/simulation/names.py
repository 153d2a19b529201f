"""Invented people and places. Nobody and nowhere in particular is meant."""

import random

SURNAMES = "陈林黄张吴李王郑刘杨蔡叶许苏谢江何郭庄余卢曾洪邱周徐傅魏沈方范姚丁赖潘"
GIVEN = (
    "晓明 秀英 建国 丽华 志强 美玲 文彬 雅琴 国栋 淑芬 宇航 思雨 伟杰 梦瑶 海峰 玉兰 俊豪 欣怡 "
    "德福 月娥 永辉 巧珍 子涵 嘉怡 浩然 诗涵 金水 阿妹 立新 小燕 春生 秋菊 东升 碧云 庆丰 若琳"
).split()
ROADS = (
    "榕荫路 新港路 书院路 文湖路 朝阳路 金桥路 锦绣路 望江路 桂溪路 滨河路 学前路 花园路 东升路 "
    "龙泉路 凤山路 西环路 白鹭洲支路 荔园路 工农路 建设路 前进路 青年路 向阳路 翠屏路"
).split()
ESTATES = (
    "榕景花园 江滨名邸 海天一色小区 凤凰新城 金色家园 绿洲雅苑 阳光水岸 书香门第 东方丽景 和谐家园 "
    "锦江小区 福源里 桂湖新村 望海楼小区 梅园三区 幸福里 龙腾花园 碧水云天"
).split()
SPOTS = (
    "公交站旁 农贸市场门口 小学门口 地铁站出口 社区公园 文化广场 加油站对面 菜市场北侧 卫生院旁 "
    "体育馆南门 步行街口 立交桥下 影剧院门前 商业广场 停车场入口"
).split()
SHOPS = "惠家超市 乐购便利店 美味轩餐厅 丽人美发店 动力健身房 优品家电城 同心水果店 小石头烘焙".split()
SCHOOLS = "实验小学 第三小学 城东中学 育才中学 阳光幼儿园 外国语学校".split()
COMPANIES = "恒达装饰公司 顺捷物流公司 鑫源鞋厂 华彩印务公司 海盛水产公司 立信电子厂".split()


def person(rng: random.Random) -> str:
    """A name that nobody in particular bears."""
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def phone(rng: random.Random) -> str:
    """A mobile number of the prefix 194, which has been given to no operator."""
    return f"194{rng.randrange(10**8):08d}"
