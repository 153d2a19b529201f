"""Changing the classification: drafts, classes and cross-maps; ``switching`` publishes a draft.

What a work order was given stays: a class is renamed for its wording or retired, never removed
once its scheme was published; a change of meaning is a new scheme with a cross-map.
"""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q

from jiesu.access import Actor
from jiesu.catalogue.editing import STALE, Problems, changed, must_edit
from jiesu.catalogue.models import Category, CategoryMap, DutyEntry, LocalForm, Scheme
from jiesu.catalogue.versions import day_of
from jiesu.foundation.errors import ChangedMeanwhile, NotAllowedNow, invalid
from jiesu.organizations.names import initials

MAX_LEVEL = 3
_CODE = re.compile(r"[0-9A-Za-z]{1,16}")
_BATCH = 1000


# Drafts ---------------------------------------------------------------------------------------


@transaction.atomic
def draft(
    name: str, version: str, *, copy_of: Scheme | None = None, actor: Actor, at: dt.datetime
) -> Scheme:
    """Begin a new scheme: empty, or a copy whose classes are mapped to those of the original.

    Refuses a name and version that exist.
    """
    must_edit(actor, None)
    problems = Problems()
    name = problems.text(name, max_length=64, field="name", label="方案名称")
    version = problems.text(version, max_length=32, field="version", label="版本")
    if Scheme.objects.filter(name=name, version=version).exists():
        problems.add("version", f"方案“{name} {version}”已存在，请换一个版本号。", "duplicate")
    problems.refuse()
    scheme = Scheme.objects.create(name=name, version=version)
    if copy_of is not None:
        _copy_classes(copy_of, scheme)
    changed(
        "scheme_drafted",
        actor=actor,
        at=at,
        subject=subject_of(scheme),
        data={"name": name, "version": version, "copy_of": str(copy_of) if copy_of else ""},
    )
    return scheme


def _copy_classes(source: Scheme, target: Scheme) -> None:
    copies: dict[int, Category] = {}
    for level in range(1, MAX_LEVEL + 1):
        originals = list(source.categories.filter(level=level, is_retired=False).order_by("code"))
        made = Category.objects.bulk_create(
            Category(
                scheme=target,
                code=old.code,
                name=old.name,
                parent=copies[old.parent_id] if old.parent_id else None,
                level=old.level,
                path_name=old.path_name,
                pinyin=old.pinyin,
                keywords=old.keywords,
            )
            for old in originals
            if not old.parent_id or old.parent_id in copies
        )
        by_code = {category.code: category for category in made}
        for old in originals:
            if old.code in by_code:
                copies[old.pk] = by_code[old.code]
    CategoryMap.objects.bulk_create(
        [CategoryMap(old_id=old, new=new) for old, new in copies.items()], batch_size=_BATCH
    )


@transaction.atomic
def discard(scheme: Scheme, *, actor: Actor, at: dt.datetime) -> None:
    """Throw a draft away, with its classes and what was prepared for them."""
    must_edit(actor, None)
    _must_be_draft(scheme)
    changed(
        "scheme_discarded",
        actor=actor,
        at=at,
        subject=subject_of(scheme),
        data=scheme_facts(scheme),
    )
    _remove_classes(scheme.categories.all())
    scheme.delete()


def _remove_classes(categories: Any) -> None:
    CategoryMap.objects.filter(Q(new__in=categories) | Q(old__in=categories)).delete()
    DutyEntry.objects.filter(category__in=categories).delete()
    LocalForm.objects.filter(category__in=categories).delete()
    for level in range(MAX_LEVEL, 0, -1):
        categories.filter(level=level).delete()


def _must_be_draft(scheme: Scheme) -> None:
    if not Scheme.objects.select_for_update().filter(pk=scheme.pk, is_active=False).exists():
        raise NotAllowedNow(
            f"方案“{scheme}”已发布，不能删除；请停用其中的分类，或另建新版本。", code="published"
        )


# Classes --------------------------------------------------------------------------------------


def check_class(
    scheme: Scheme, code: str, name: str, parent: Category | None, keywords: str
) -> Category:
    """The class as it would be added, not yet stored. Refuses wrong fields; asks no database."""
    problems = Problems()
    code = code.strip()
    if not _CODE.fullmatch(code):
        problems.add("code", "分类编码应为 1 至 16 位数字或字母。", "bad_code")
    name = problems.text(name, max_length=64, field="name", label="分类名称")
    keywords = problems.text(
        keywords.replace("，", " ").replace(",", " ").replace("、", " "),
        max_length=255,
        field="keywords",
        label="关键词",
        required=False,
    )
    level = parent.level + 1 if parent else 1
    if level > MAX_LEVEL:
        problems.add("parent", f"分类最多 {MAX_LEVEL} 级，请选择更上一级的分类。", "too_deep")
    if parent and parent.is_retired:
        problems.add("parent", f"上级分类“{parent.path_name}”已停用。", "category_retired")
    problems.refuse()
    return Category(
        scheme=scheme,
        code=code,
        name=name,
        parent=parent,
        level=level,
        path_name=f"{parent.path_name} › {name}" if parent else name,
        pinyin=initials(name),
        keywords=keywords,
    )


@transaction.atomic
def add_class(
    scheme: Scheme,
    code: str,
    name: str,
    *,
    parent: Category | None = None,
    keywords: str = "",
    actor: Actor,
    at: dt.datetime,
) -> Category:
    """Add a class to a scheme, draft or published.

    Refuses a code that the scheme has, a sibling's name, a fourth level, a retired parent.
    """
    must_edit(actor, None)
    _lock(scheme)
    category = check_class(scheme, code, name, parent, keywords)
    problems = Problems()
    taken = Category.objects.filter(scheme=scheme, code=category.code).first()
    if taken:
        state = "（已停用）" if taken.is_retired else ""
        problems.add(
            "code", f"编码 {taken.code} 已用于“{taken.path_name}”{state}，请换一个。", "duplicate"
        )
    _refuse_namesake(category, problems)
    problems.refuse()
    category.save(force_insert=True)
    changed(
        "class_added", actor=actor, at=at, subject=subject_of(category), data=class_facts(category)
    )
    return category


@transaction.atomic
def rename_class(
    category: Category, name: str, *, keywords: str = "", actor: Actor, at: dt.datetime
) -> Category:
    """Change a class's wording and keywords; the full names below it follow."""
    must_edit(actor, None)
    _lock(category.scheme)
    category = Category.objects.select_related("parent", "scheme").get(pk=category.pk)
    before = class_facts(category)
    wanted = check_class(category.scheme, category.code, name, category.parent, keywords)
    wanted.pk = category.pk
    problems = Problems()
    _refuse_namesake(wanted, problems)
    problems.refuse()
    reword(category, wanted)
    changed(
        "class_renamed",
        actor=actor,
        at=at,
        subject=subject_of(category),
        data={"before": before, "after": class_facts(category)},
    )
    return category


def reword(category: Category, wanted: Category) -> None:
    """Store another wording; the full names below follow. Part of a use case."""
    moved = category.path_name != wanted.path_name
    for name in ("name", "path_name", "pinyin", "keywords"):
        setattr(category, name, getattr(wanted, name))
    category.save(update_fields=["name", "path_name", "pinyin", "keywords"])
    if moved:
        for child in category.children.all():
            child.path_name = f"{category.path_name} › {child.name}"
            child.save(update_fields=["path_name"])
            for leaf in child.children.all():
                leaf.path_name = f"{child.path_name} › {leaf.name}"
                leaf.save(update_fields=["path_name"])


@transaction.atomic
def retire_class(
    category: Category, *, successor: Category | None = None, actor: Actor, at: dt.datetime
) -> None:
    """Let a class be chosen no longer, from today; say which one to choose instead if there is one.

    Refuses while classes below it may be chosen. Work orders that have it keep it.
    """
    must_edit(actor, None)
    _lock(category.scheme)
    if category.children.filter(is_retired=False).exists():
        raise NotAllowedNow(
            f"“{category.path_name}”下还有启用的分类，请先停用下级分类。", code="has_children"
        )
    if successor is not None and (successor.pk == category.pk or successor.is_retired):
        raise invalid("successor", "接续分类应为另一个启用的分类。", "bad_successor")
    updated = Category.objects.filter(pk=category.pk, is_retired=False).update(
        is_retired=True, retired_on=day_of(at)
    )
    if not updated:
        raise ChangedMeanwhile(STALE)
    if successor is not None:
        CategoryMap.objects.get_or_create(old=category, new=successor)
    category.is_retired, category.retired_on = True, day_of(at)
    changed(
        "class_retired",
        actor=actor,
        at=at,
        subject=subject_of(category),
        data={**class_facts(category), "successor": successor.code if successor else ""},
    )


@transaction.atomic
def restore_class(category: Category, *, actor: Actor, at: dt.datetime) -> None:
    """Let a retired class be chosen again. Refuses while the one above it is retired."""
    must_edit(actor, None)
    _lock(category.scheme)
    if category.parent and category.parent.is_retired:
        raise NotAllowedNow(f"请先恢复上级分类“{category.parent.path_name}”。", code="has_parent")
    if not Category.objects.filter(pk=category.pk, is_retired=True).update(
        is_retired=False, retired_on=None
    ):
        raise ChangedMeanwhile(STALE)
    category.is_retired, category.retired_on = False, None
    changed(
        "class_restored",
        actor=actor,
        at=at,
        subject=subject_of(category),
        data=class_facts(category),
    )


@transaction.atomic
def remove_class(category: Category, *, actor: Actor, at: dt.datetime) -> None:
    """Take a class and all below it out of a draft."""
    must_edit(actor, None)
    _must_be_draft(category.scheme)
    line = Q(pk=category.pk) | Q(parent=category) | Q(parent__parent=category)
    changed(
        "class_removed",
        actor=actor,
        at=at,
        subject=subject_of(category),
        data=class_facts(category),
    )
    _remove_classes(Category.objects.filter(pk__in=[c.pk for c in Category.objects.filter(line)]))


@transaction.atomic
def map_class(old: Category, new: Iterable[Category], *, actor: Actor, at: dt.datetime) -> None:
    """Say which classes of another scheme continue ``old``, instead of what was said before."""
    must_edit(actor, None)
    heirs = list(new)
    if any(heir.pk == old.pk or heir.is_retired for heir in heirs):
        raise invalid("new", "接续分类应为另一个启用的分类。", "bad_successor")
    schemes = {heir.scheme_id for heir in heirs}
    if len(schemes) > 1:
        raise invalid("new", "接续分类应属于同一个方案。", "several_schemes")
    before = CategoryMap.objects.filter(old=old)
    (before.filter(new__scheme__in=schemes) if schemes else before).delete()
    CategoryMap.objects.bulk_create([CategoryMap(old=old, new=heir) for heir in heirs])
    changed(
        "class_mapped",
        actor=actor,
        at=at,
        subject=subject_of(old),
        data={"old": old.code, "new": [heir.code for heir in heirs]},
    )


def _refuse_namesake(category: Category, problems: Problems) -> None:
    twin = (
        Category.objects.filter(
            scheme=category.scheme, parent=category.parent, name=category.name, is_retired=False
        )
        .exclude(pk=category.pk)
        .first()
    )
    if twin:
        problems.add("name", f"同一上级下已有分类“{twin.name}”（{twin.code}）。", "duplicate_name")


def _lock(scheme: Scheme) -> None:
    Scheme.objects.select_for_update().get(pk=scheme.pk)


def subject_of(thing: Scheme | Category) -> str:
    """What the audit calls it."""
    return f"scheme:{thing.pk}" if isinstance(thing, Scheme) else f"category:{thing.pk}"


def scheme_facts(scheme: Scheme) -> dict[str, Any]:
    """What the audit keeps of a scheme."""
    return {
        "name": scheme.name,
        "version": scheme.version,
        "valid_from": scheme.valid_from.isoformat() if scheme.valid_from else "",
        "valid_to": scheme.valid_to.isoformat() if scheme.valid_to else "",
        "classes": scheme.categories.count(),
    }


def class_facts(category: Category) -> dict[str, Any]:
    """What the audit keeps of a class."""
    return {
        "scheme": str(category.scheme),
        "code": category.code,
        "name": category.path_name,
        "keywords": category.keywords,
        "retired_on": category.retired_on.isoformat() if category.retired_on else "",
    }
