"""Puts new orders into topics: a loop that follows the search index at a few seconds' distance.

For each order the index names the likeliest of the county and the window; it joins the topic whose
mean it is nearest to, or makes one with the nearest lone order (``textintel.topics``). Killed at
any point, the batch is sorted again.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import Max

from jiesu.appeals.models import Appeal
from jiesu.search import alike
from jiesu.search.alike import IndexFrequencies
from jiesu.textintel.places import Named, apart, named
from jiesu.textintel.similar import terms
from jiesu.textintel.topics import (
    BESIDE,
    JOIN,
    KEPT,
    UNITE,
    Cluster,
    alike_means,
    beside,
    closeness,
    heaviest,
    phrase,
)
from jiesu.topics.models import Member, Sorted, Topic

BATCH = 100
BEHIND = dt.timedelta(seconds=10)  # the index must have taken an order in before its like is sought
FIRST = 5_000  # newest orders that are sorted when topics begin
_LIKELY = 20
_NAMED_BY = 20  # newest members among whose titles the phrase is chosen
_PLACES_IN = 200  # characters of the content in which a place is looked for
_NAMES_KEPT = 40
_USUAL = 0.25  # of a topic's members: a place named by fewer is not the topic's
_READ = ("pk", "title", "content", "address", "region_path", "received_at")


def sort_new(at: dt.datetime) -> int:
    """This will put the orders registered since the last time into topics; how many were read.

    Does nothing while there is no search index.
    """
    known = alike.frequencies()
    if known is None:
        return 0
    with transaction.atomic():
        mark = _mark()
        if mark is None:
            return 0
        rows = Appeal.objects.filter(pk__gt=mark.last, registered_at__lte=at - BEHIND)
        new = list(rows.only(*_READ, "number").order_by("pk")[:BATCH])
        for appeal in new:
            _sort(appeal, known, at)
        if new:
            mark.last = new[-1].pk
            mark.save()
    return len(new)


def _mark() -> Sorted | None:
    """The one row, locked; None while another process sorts."""
    if not Sorted.objects.exists():
        last = Appeal.objects.aggregate(last=Max("pk"))["last"] or 0
        Sorted.objects.get_or_create(pk=1, defaults={"last": max(last - FIRST, 0)})
    return Sorted.objects.select_for_update(skip_locked=True).first()


def _sort(appeal: Appeal, known: IndexFrequencies, at: dt.datetime) -> None:
    if Member.objects.filter(appeal=appeal).exists():
        return
    words = terms.words(f"{appeal.title} {appeal.address} {appeal.content[: terms.READ]}")
    numbers = alike.candidates(words, appeal.region_path, at, limit=_LIKELY)
    likely = list(
        Appeal.objects.filter(number__in=numbers).exclude(pk=appeal.pk).only(*_READ, "number")
    )
    if not likely:
        return
    vector = _vector(appeal, known)
    topics = list(Topic.objects.filter(members__appeal__in=likely).distinct())
    here = _named(appeal)
    topics = [topic for topic in topics if not apart(here, _usual(topic))]
    near = sorted(
        ((closeness(vector, c), t) for t in topics if beside(vector, c := _cluster(t)) >= BESIDE),
        key=lambda found: -found[0],
    )
    near = [(score, topic) for score, topic in near if score >= JOIN]
    if near:
        _join(near[0][1], [(appeal, vector, near[0][0])], known)
        _unite([topic for _, topic in near])
        return
    alone = set(Member.objects.filter(appeal__in=likely).values_list("appeal_id", flat=True))
    _begin(appeal, vector, [a for a in likely if a.pk not in alone], known)


def _begin(
    appeal: Appeal, vector: dict[str, float], lone: Sequence[Appeal], known: IndexFrequencies
) -> None:
    """A topic of this order and the lone ones near it; none when nothing is near."""
    joined = []
    here = _named(appeal)
    for other in lone:
        if apart(here, _named(other)):
            continue
        theirs = _vector(other, known)
        cluster = Cluster(theirs, 1)
        score = closeness(vector, cluster)
        if score >= JOIN and beside(vector, cluster) >= BESIDE:
            joined.append((other, theirs, score))
    if not joined:
        return
    topic = Topic.objects.create(
        phrase=appeal.title, region_path=appeal.region_path[: alike.COUNTY],
        first_at=appeal.received_at, last_at=appeal.received_at,
    )  # fmt: skip
    _join(topic, [(appeal, vector, 1.0), *joined], known)


def _join(
    topic: Topic, new: Sequence[tuple[Appeal, dict[str, float], float]], known: IndexFrequencies
) -> None:
    cluster = _cluster(topic)
    for appeal, vector, score in new:
        cluster.add(vector, None)
        _count_places(topic, appeal)
        Member.objects.create(
            topic=topic, appeal=appeal, closeness=score, received_at=appeal.received_at
        )
        topic.first_at = min(topic.first_at, appeal.received_at)
        topic.last_at = max(topic.last_at, appeal.received_at)
    _keep(topic, cluster, known)


def _keep(topic: Topic, cluster: Cluster, known: IndexFrequencies | None) -> None:
    topic.count = cluster.count
    topic.sums = heaviest(cluster.sums, KEPT)
    topic.places = {kind: heaviest(names, _NAMES_KEPT) for kind, names in topic.places.items()}
    if known is not None and (topic.count <= 10 or topic.count % 10 == 0):
        newest = Member.objects.filter(topic=topic).select_related("appeal").order_by("-pk")
        told = [m.appeal for m in newest[:_NAMED_BY]]
        vectors = [_vector(a, known) for a in told]
        topic.phrase = phrase([a.title for a in told], vectors, cluster) or topic.phrase
    topic.save()


def _unite(topics: Sequence[Topic]) -> None:
    """Take into the first those of the others whose mean has come near its own."""
    first = topics[0]
    for other in topics[1:]:
        cluster = _cluster(first)
        if alike_means(cluster, _cluster(other)) < UNITE or apart(_usual(first), _usual(other)):
            continue
        cluster.unite(_cluster(other))
        for kind, names in other.places.items():
            _add(first.places.setdefault(kind, {}), names)
        Member.objects.filter(topic=other).update(topic=first)
        first.first_at = min(first.first_at, other.first_at)
        first.last_at = max(first.last_at, other.last_at)
        _keep(first, cluster, None)
        other.delete()


def _named(appeal: Appeal) -> Named:
    return named(f"{appeal.address}。{appeal.title}。{appeal.content[:_PLACES_IN]}")


def _count_places(topic: Topic, appeal: Appeal) -> None:
    here = _named(appeal)
    for kind, names in (("roads", here.roads), ("sites", here.sites)):
        _add(topic.places.setdefault(kind, {}), dict.fromkeys(names, 1))


def _add(known: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        known[name] = known.get(name, 0) + count


def _usual(topic: Topic) -> Named:
    """The places that a good part of its members name."""
    least = topic.count * _USUAL
    roads, sites = (
        frozenset(name for name, count in topic.places.get(kind, {}).items() if count >= least)
        for kind in ("roads", "sites")
    )
    return Named(roads, sites)


def _cluster(topic: Topic) -> Cluster:
    return Cluster(dict(topic.sums), topic.count)


def _vector(appeal: Appeal, known: IndexFrequencies) -> dict[str, float]:
    return terms.vector(terms.counts(appeal.title, appeal.content), known)
