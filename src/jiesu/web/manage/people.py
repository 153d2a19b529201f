"""People and their posts: who may come in, as what, since when."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from jiesu.access import ROLE_NAMES, Role
from jiesu.access import Permission as P
from jiesu.accounts import people, signin, totp
from jiesu.accounts.models import Post, User
from jiesu.accounts.people import Issued, NewUser
from jiesu.foundation import clock
from jiesu.foundation.errors import NotAllowedNow, NotFound, UseCaseError
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import below
from jiesu.web.components.pieces import Action, Cell, Column, Empty, Table, Tag
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.form_pages import LinedForm, Page, form_page, line_field, sent, today, unit_of
from jiesu.web.manage import people_forms as small
from jiesu.web.manage.pages import PAGE_SIZE, crumbs, unit_field
from jiesu.web.once import once
from jiesu.web.paging import key_page


class PeopleFilter(LinedForm):
    """What the list of people can be narrowed to."""

    q = line_field("姓名、登录名或工号", 64, required=False)
    unit = unit_field("单位", required=False)
    role = forms.ChoiceField(
        label="角色", required=False, choices=[("", "全部角色"), *small.ROLES[1:]]
    )
    state = forms.ChoiceField(
        label="状态", required=False,
        choices=[("", "在用"), ("disabled", "已停用"), ("all", "全部")],
    )  # fmt: skip


def managed(request: DeskRequest, pk: int) -> User:
    """The person, all of whose posts lie in the actor's region; out of reach looks like absent."""
    user = User.objects.filter(pk=pk).first()
    if user is None or not people.may_manage_user(request.actor, user, clock.now()):
        raise NotFound
    return user


def _found(request: DeskRequest, form: PeopleFilter) -> QuerySet[User, User]:
    said = form.cleaned_data if form.is_valid() else {}
    day = today()
    posts = Post.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=day),
        user=OuterRef("pk"),
        **below("unit__region__path", request.actor.region_path),
    )
    unit = Unit.objects.filter(pk=said.get("unit") or 0).first()
    if unit is not None:
        posts = posts.filter(**below("unit__path", unit.path))
    if said.get("role"):
        posts = posts.filter(role=said["role"])
    rows = User.objects.filter(Exists(posts))
    match said.get("state", ""):
        case "":
            rows = rows.filter(is_active=True)
        case "disabled":
            rows = rows.filter(is_active=False)
    if words := said.get("q", "").strip():
        rows = rows.filter(
            Q(name__icontains=words) | Q(username__startswith=words.lower()) | Q(staff_number=words)
        )
    return rows


@desk_view(P.MANAGE_PEOPLE)
def people_list(request: DeskRequest) -> HttpResponse:
    """The people of the actor's region."""
    form = PeopleFilter(request.GET)
    rows = (
        _found(request, form)
        .defer("totp_secret")
        .prefetch_related(
            Prefetch("posts", Post.objects.select_related("unit").order_by("-is_default", "pk"))
        )
    )
    page = key_page(rows, ["username"], request.GET.get("after", ""), size=PAGE_SIZE)
    day = today()
    table = Table(
        [
            Column("姓名", lambda u: Cell(u.name, u.username, _href(u))),
            Column("工号", lambda u: Cell(u.staff_number or "—")),
            Column("岗位", lambda u: _posts_cell(u, day), "title"),
            Column("状态", lambda u: Cell(tags=_tags(u, day))),
            Column("第二验证", lambda u: Cell("已启用" if u.totp_confirmed_at else "未启用")),
        ],
        page,
        empty=Empty("没有符合条件的人员", "换一个单位、角色或状态试试，或新增一位。", "新增人员",
                    reverse("manage:person-new")),
        label="人员",
    )  # fmt: skip
    shown = Page("人员", crumbs(("人员", "")), reverse("manage:home"))
    return render(request, "manage/people.html", {"page": shown, "form": form, "table": table})


def _href(user: User) -> str:
    return reverse("manage:person", args=[user.pk])


def _posts_cell(user: User, day: Any) -> Cell:
    held = [p for p in user.posts.all() if p.valid_to is None or p.valid_to > day]
    lines = [f"{p.unit.short_name or p.unit.name} · {ROLE_NAMES[Role(p.role)]}" for p in held]
    more = f"另有 {len(lines) - 2} 个岗位" if len(lines) > 2 else "".join(lines[1:2])
    return Cell(lines[0] if lines else "没有在任岗位", more)


def _tags(user: User, day: Any) -> list[Tag]:
    tags = []
    if not user.is_active:
        tags.append(Tag("已停用", "red", user.disabled_reason))
    if user.expires_on and user.expires_on <= day:
        tags.append(Tag("已到期", "red"))
    if user.must_change_password:
        tags.append(Tag("待改初始密码", "amber"))
    return tags or [Tag("在用", "green")]


@never_cache
@desk_view(P.MANAGE_PEOPLE)
def person_new(request: DeskRequest) -> HttpResponse:
    """Let a person in: the temporary password is shown once."""
    back = reverse("manage:people")
    page = Page("新增人员", crumbs(("人员", back), ("新增人员", "")), back, yes="新增",
                lead="系统生成一次性初始密码，只显示一次；本人首次登录时须修改。")  # fmt: skip
    asked = request.GET.get("unit", "")
    form = small.NewPerson(sent(request), initial={"unit": asked})
    context = {"page": page, "form": form}
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "forms/page.html", context, status=status)
    try:
        issued = _create(request, form.cleaned_data)
    except UseCaseError as error:
        return refuse(request, error, "forms/page.html", context, form=form)
    return _issued(request, issued, "已新增人员")


def _create(request: DeskRequest, said: Mapping[str, Any]) -> Issued:
    """Once for each form: sent twice, the first password stands and cannot be shown again."""
    issued: list[Issued] = []

    def create() -> str:
        new = NewUser(
            said["username"],
            said["name"],
            unit_of(said["unit"], "unit"),
            said["role"],
            said["staff_number"],
            said["email"],
            said["expires_on"],
        )
        issued.append(people.create_user(new, actor=request.actor, at=clock.now()))
        return new.username

    once(request, create)
    if not issued:
        raise NotAllowedNow("这个人员已经新增，初始密码只显示一次。需要时请重置密码。")
    return issued[0]


def _issued(request: DeskRequest, issued: Issued, words: str) -> HttpResponse:
    user = issued.user
    steps = crumbs(("人员", reverse("manage:people")), (user.name, _href(user)), (words, ""))
    context = {"page": Page(words, steps, _href(user)), "issued": issued, "user": user}
    return render(request, "manage/issued.html", context)


@desk_view(P.MANAGE_PEOPLE)
def person_page(request: DeskRequest, pk: int) -> HttpResponse:
    """One person: particulars, posts, what may be done."""
    user = managed(request, pk)
    day = today()
    held = list(user.posts.select_related("unit").order_by("-is_default", "-valid_from", "pk"))
    locked = signin.is_locked(user)
    context = {
        "page": Page(user.name, crumbs(("人员", reverse("manage:people")), (user.name, "")), ""),
        "user": user,
        "tags": _tags(user, day) + ([Tag("已锁定", "red")] if locked else []),
        "second_factor": totp.is_on(user),
        "posts": [p for p in held if p.valid_to is None or p.valid_to > day],
        "past_posts": [p for p in held if p.valid_to is not None and p.valid_to <= day],
        "actions": _actions(user, locked),
        "is_self": user.pk == request.actor.user_id,
        "today": day,
    }
    return render(request, "manage/person.html", context)


def _actions(user: User, locked: bool) -> list[Action]:
    def to(name: str) -> str:
        return reverse(f"manage:{name}", args=[user.pk])

    found = [
        Action("增加岗位", to("post-new"), main=True),
        Action("修改资料", to("person-edit")),
        Action("重置密码", post=to("person-reset"),
               confirm=f"重置“{user.name}”的密码？其已登录的会话会立即退出。"),
    ]  # fmt: skip
    if locked:
        found.append(Action("解除锁定", post=to("person-unlock"), confirm="现在解除锁定？"))
    if totp.is_on(user):
        found.append(
            Action("停用第二验证", post=to("person-second-factor"),
                   confirm=f"停用“{user.name}”的动态验证码？请先核实本人身份。")
        )  # fmt: skip
    if user.is_active:
        found.append(Action("停用账号", to("person-disable"), tone="red"))
    else:
        found.append(
            Action("启用账号", post=to("person-enable"), confirm=f"重新启用“{user.name}”？")
        )
    return found


def _person_page_of(user: User, title: str, here: str, **more: Any) -> Page:
    steps = crumbs(("人员", reverse("manage:people")), (user.name, _href(user)), (here, ""))
    return Page(title, steps, _href(user), **more)


@desk_view(P.MANAGE_PEOPLE)
def person_edit(request: DeskRequest, pk: int) -> HttpResponse:
    """Correct a person's particulars."""
    user = managed(request, pk)
    initial = {
        "name": user.name,
        "staff_number": user.staff_number,
        "email": user.email,
        "expires_on": user.expires_on,
    }

    def run(said: Mapping[str, Any]) -> User:
        return people.edit_user(user, actor=request.actor, at=clock.now(), **said)

    page = _person_page_of(user, f"修改“{user.name}”", "修改资料")
    form = small.Particulars(sent(request), initial=initial)
    return form_page(request, page, form, run, said="已保存。", to=_href(user))


@desk_view(P.MANAGE_PEOPLE)
def person_disable(request: DeskRequest, pk: int) -> HttpResponse:
    """Keep a person out from now on."""
    user = managed(request, pk)

    def run(said: Mapping[str, Any]) -> User:
        return people.disable_user(user, reason=said["reason"], actor=request.actor, at=clock.now())

    page = _person_page_of(
        user, f"停用“{user.name}”的账号", "停用账号", yes="停用", red=True,
        lead="立即退出并不能再登录；岗位和经办记录都保留，以后可以重新启用。",
    )  # fmt: skip
    form = small.Disable(sent(request))
    return form_page(request, page, form, run, said="账号已停用。", to=_href(user))


@require_POST
@desk_view(P.MANAGE_PEOPLE)
def person_enable(request: DeskRequest, pk: int) -> HttpResponse:
    """Let a disabled person in again."""
    user = people.enable_user(managed(request, pk), actor=request.actor, at=clock.now())
    return done(request, "账号已启用。", _href(user))


@require_POST
@desk_view(P.MANAGE_PEOPLE)
def person_unlock(request: DeskRequest, pk: int) -> HttpResponse:
    """Forget a person's wrong passwords."""
    user = managed(request, pk)
    people.unlock_user(user, actor=request.actor, at=clock.now())
    return done(request, "已解除锁定。", _href(user))


@never_cache
@require_POST
@desk_view(P.MANAGE_PEOPLE)
def person_reset(request: DeskRequest, pk: int) -> HttpResponse:
    """Give a person a temporary password, shown once."""
    issued = people.reset_password(managed(request, pk), actor=request.actor, at=clock.now())
    return _issued(request, issued, "密码已重置")


@require_POST
@desk_view(P.MANAGE_PEOPLE)
def person_second_factor(request: DeskRequest, pk: int) -> HttpResponse:
    """Turn a person's second factor off, when the telephone is lost."""
    user = totp.turn_off(managed(request, pk), actor=request.actor, at=clock.now())
    return done(request, "动态验证码已停用，本人登录后可重新启用。", _href(user))


# --- posts ----------------------------------------------------------------------------------------


@desk_view(P.MANAGE_PEOPLE)
def post_new(request: DeskRequest, pk: int) -> HttpResponse:
    """Give a person a role in a unit."""
    user = managed(request, pk)

    def run(said: Mapping[str, Any]) -> Post:
        unit = unit_of(said["unit"], "unit")
        return people.add_post(
            user,
            unit,
            said["role"],
            actor=request.actor,
            at=clock.now(),
            valid_from=said["valid_from"],
            valid_to=said["valid_to"],
            default=said["default"],
        )

    page = _person_page_of(user, f"给“{user.name}”增加岗位", "增加岗位", yes="增加")
    form = small.NewPost(sent(request))
    return form_page(request, page, form, run, said="已增加岗位。", to=_href(user))


def _post_of(request: DeskRequest, pk: int) -> Post:
    post = Post.objects.select_related("user", "unit").filter(pk=pk).first()
    if post is None:
        raise NotFound
    managed(request, post.user_id)
    return post


@desk_view(P.MANAGE_PEOPLE)
def post_end(request: DeskRequest, pk: int) -> HttpResponse:
    """End a post, today or later."""
    post = _post_of(request, pk)

    def run(said: Mapping[str, Any]) -> Post:
        return people.end_post(
            post, actor=request.actor, at=clock.now(), effective=said["effective"]
        )

    page = _person_page_of(
        post.user, f"离任：{post}", "离任", yes="离任", red=True,
        lead="离任后不能再以这个岗位办事；经手的工单仍记在其名下。",
    )  # fmt: skip
    form = small.EndPost(sent(request))
    return form_page(request, page, form, run, said="已办理离任。", to=_href(post.user))


@require_POST
@desk_view(P.MANAGE_PEOPLE)
def post_default(request: DeskRequest, pk: int) -> HttpResponse:
    """Let a person start at another of their posts."""
    post = people.set_default_post(_post_of(request, pk), actor=request.actor, at=clock.now())
    return done(request, "已设为默认岗位。", _href(post.user))
