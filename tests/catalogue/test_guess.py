"""A class guessed from what the caller says."""

from tests.factories.world import MONDAY, World

from jiesu.catalogue import categories
from jiesu.catalogue.models import Category


def test_the_words_of_a_text_name_its_class(world: World) -> None:
    scheme = categories.active(MONDAY)

    (first, *_) = categories.guess("地铁站口有商贩长期占道经营，影响通行", scheme)

    assert first.hit.code == "0105"
    assert first.words == ("占道经营",)


def test_keywords_speak_for_their_class(world: World) -> None:
    Category.objects.filter(code="0201").update(keywords="水管爆裂 水表")
    scheme = categories.active(MONDAY)

    guessed = categories.guess("楼下水管爆裂，水一直流", scheme, limit=1)

    assert [one.hit.code for one in guessed] == ["0201"]


def test_a_text_that_names_nothing_guesses_nothing(world: World) -> None:
    assert categories.guess("您好", categories.active(MONDAY)) == []
