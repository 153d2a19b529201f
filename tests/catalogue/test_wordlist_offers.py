"""What a later version adds to its word lists is offered to a centre that has rows, never taken."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.factories.world import MONDAY, World
from tests.web.signed_in import client_of

from jiesu.access import Role
from jiesu.accounts.models import Post, User
from jiesu.catalogue import wordlist_offers, wordlists
from jiesu.catalogue.models import WordList
from jiesu.foundation.errors import Forbidden, NotFound
from jiesu.textintel import wordlists as pure
from jiesu.textintel.wordlists import Use

FIRST = next(one for one in pure.shipped() if one[0] is Use.SENSITIVE)
NAME = FIRST[1].name


@pytest.fixture
def province(world: World) -> Post:
    """A supervisor of the whole province, who may change what holds everywhere."""
    user = User.objects.create_user("province_supervisor", "林省督", "a long password 12")
    post = Post.objects.create(
        user=user, unit=world.units["province_centre"], role=Role.SUPERVISOR, is_default=True
    )
    world.posts["province_supervisor"] = post
    return post


@pytest.fixture
def later(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The key of the first list for sensitive classes, to which a later version adds 新讨薪词."""
    wordlists.load_shipped()
    key = WordList.objects.get(use=Use.SENSITIVE, name=NAME).key
    use, one, proof = FIRST
    more = (use, replace(one, words=(*one.words, "新讨薪词")), proof)
    own = (use, replace(one, name="全新词表", words=("全新的词",)), proof)
    monkeypatch.setattr(
        pure, "shipped", lambda: (*(more if row is FIRST else row for row in SHIPPED), own)
    )
    return key


SHIPPED = pure.shipped()


def test_the_same_version_offers_nothing(world: World) -> None:
    wordlists.load_shipped()

    assert wordlist_offers.offers() == []


def test_new_words_and_new_lists_are_offered_and_nothing_changes_by_itself(later: str) -> None:
    before = list(WordList.objects.values("key", "words"))

    found = wordlist_offers.offers(Use.SENSITIVE)

    assert [(one.key, one.words) for one in found] == [(later, ("新讨薪词",)), ("", ("全新的词",))]
    assert list(WordList.objects.values("key", "words")) == before
    assert wordlist_offers.offers(Use.REPLY) == []


def test_a_word_that_the_centre_took_out_is_not_offered_again(later: str) -> None:
    row = WordList.objects.get(key=later)
    WordList.objects.create(
        key=later, use=row.use, kind=row.kind, name="改了名", words=row.words[:1],
        must_hit=row.must_hit, must_not_hit=row.must_not_hit, owner="孙效", reason="本地",
        valid_from=MONDAY.date(),
    )  # fmt: skip

    assert wordlist_offers.offer_of(Use.SENSITIVE, NAME).words == ("新讨薪词",)


def test_an_ended_list_is_offered_nothing(later: str, province: Post, world: World) -> None:
    wordlists.end_list(later, actor=world.actor("province_supervisor"), at=MONDAY)

    assert later not in [one.key for one in wordlist_offers.offers()]


def test_declined_words_are_not_offered_again_and_only_whom_the_list_belongs_to_declines(
    later: str, province: Post, world: World
) -> None:
    for name in (NAME, "全新词表"):
        with pytest.raises(Forbidden):
            wordlist_offers.decline(Use.SENSITIVE, name, actor=world.actor("supervisor"), at=MONDAY)

        wordlist_offers.decline(
            Use.SENSITIVE, name, actor=world.actor("province_supervisor"), at=MONDAY
        )

        with pytest.raises(NotFound):
            wordlist_offers.decline(
                Use.SENSITIVE, name, actor=world.actor("province_supervisor"), at=MONDAY
            )
    assert wordlist_offers.offers() == []
    assert "全新的词" not in str(wordlists.in_force(Use.SENSITIVE, "", MONDAY))


def test_a_new_list_taken_under_another_name_is_not_offered_again(
    later: str, province: Post, world: World
) -> None:
    client = client_of(world, "province_supervisor")
    address = f"/warnings/words/new/?use={Use.SENSITIVE}&offered=全新词表"
    filled = {
        "what": f"{Use.SENSITIVE}/{FIRST[1].kind}", "name": "本省叫法", "words": "全新的词",
        "must_hit": "这里有全新的词", "must_not_hit": "路灯坏了", "owner": "林省督",
        "reason": "采用系统新版词表", "origin": "全新词表",
    }  # fmt: skip
    assert 'name="origin" value="全新词表"' in client.get(address).content.decode()
    tried = client.post(address, filled | {"then": "try"})

    taken = client.post(
        address, filled | {"then": "save", "tried": tried.context["tried"], "idempotency_key": "k1"}
    )

    assert taken.status_code == 302
    assert [one.shipped.name for one in wordlist_offers.offers()] == [NAME]
    row = WordList.objects.get(name="本省叫法")
    assert row.origin == "全新词表"


def test_the_page_shows_the_offer_and_the_form_holds_old_and_new_words(
    later: str, province: Post, world: World
) -> None:
    client = client_of(world, "province_supervisor")

    page = client.get(f"/warnings/words/?use={Use.SENSITIVE}").content.decode()
    form = client.get(
        f"/warnings/words/{later}/?use={Use.SENSITIVE}&offered={NAME}"
    ).content.decode()
    new = client.get(f"/warnings/words/new/?use={Use.SENSITIVE}&offered=全新词表").content.decode()

    assert "系统新版的词表" in page
    assert "新讨薪词" in page
    assert FIRST[1].words[0] in form
    assert form.count("新讨薪词") == 2
    assert "全新的词" in new
