"""Whatever is typed, every piece that appears while typing answers, in time."""

import time

import pytest
from tests.factories.world import World
from tests.web.signed_in import client_of

NASTY = {
    "nothing": "",
    "one character": "的",
    "digits": "1234567890" * 30,
    "English": "The street lamp at the corner has been broken for a week, please help.",
    "traditional": "樓下燒烤店油煙擾民，請儘快處理，否則我們就去上訪。",
    "dialect": "俺家门口那疙瘩路灯黑黢黢嘞，恁到底管不管咧，咋整嘛。",
    "speech": "喂你好那个我想反映一下我们小区那个物业他一直不修电梯已经好久了老人上不去" * 10,
    "emoji": "😀🔥路灯坏了😡😡😡",
    "mixed widths": "Ｗｉｆｉ坏了，電話１３８１２３４２０４６，跳＊樓",
    "look-alikes": "跳\u200b楼 火乍弹 木仓",
    "markup": "<script>alert(1)</script>{{ 7|add:7 }}'\";--",
    "lone surrogate escaped": "\\ud83d\\u0000",
    "letter": "楼下烧烤店油烟扰民，老人咳嗽，希望处理。" * 2_500,
    "one letter 50,000 times": "路" * 50_000,
}
PIECES = ("suggest", "warn", "summary", "place", "similar", "unit")


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_any_text_is_answered_by_every_piece_in_time(world: World, text: str) -> None:
    agent = client_of(world, "agent")
    said = {
        "content": text, "title": "", "address": "", "phone": "13812342046",
        "region_code": "350102", "category_code": "0105",
    }  # fmt: skip
    before = time.process_time()

    for piece in PIECES:
        given = {**said, "category_code": ""} if piece == "suggest" else said
        answer = agent.post(f"/seat/{piece}/", given)
        assert answer.status_code == 200, piece
        assert "<script>alert" not in answer.content.decode()

    assert time.process_time() - before < 10
