"""Sign-in and what belongs to the person."""

import segno
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from jiesu.access import Actor, ActorKind
from jiesu.accounts import people, signin, totp
from jiesu.accounts import posts as people_posts
from jiesu.accounts.signin import SignInRefused
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound, UseCaseError
from jiesu.web.account import session
from jiesu.web.account.forms import CodeForm, NoticesForm, PasswordForm, SignInForm
from jiesu.web.account.session import PersonRequest, signed_in
from jiesu.web.doors import MUST_CHANGE_KEY, DeskRequest, desk_view, done, refuse
from jiesu.web.navigation import counts_for, notices_for


@never_cache
@sensitive_post_parameters()
def sign_in(request: HttpRequest) -> HttpResponse:
    """The first factor."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if request.method == "GET" and request.user.is_authenticated:
        return redirect("account:posts")
    form = SignInForm(request.POST or None)
    context = {
        "form": form,
        "next": wanted,
        "kept": "restored=" in wanted,
        "expired": bool(wanted) and request.method == "GET" and "sessionid" in request.COOKIES,
    }
    if request.method == "POST" and form.is_valid():
        at, ip = clock.now(), session.address_of(request)
        said = form.cleaned_data
        try:
            user = signin.check_password(
                said["username"], said["password"], at=at, ip=ip,
                user_agent=session.agent_of(request),
            )  # fmt: skip
            if signin.needs_code(user):
                session.remember_first_factor(request, user, wanted, at)
                return redirect("account:code")
            return _enter(request, signin.complete(user, at=at, ip=ip), wanted)
        except SignInRefused as error:
            return refuse(request, error, "account/sign_in.html", context, form=form)
    return render(request, "account/sign_in.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters()
def code(request: HttpRequest) -> HttpResponse:
    """The second factor."""
    at, ip = clock.now(), session.address_of(request)
    known = session.first_factor(request, at)
    if known is None:
        return redirect("account:sign-in")
    user, wanted = known
    form = CodeForm(request.POST or None)
    context = {"form": form, "name": user.name}
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data["code"]
        try:
            signin.check_code(user, said, at=at, ip=ip, user_agent=session.agent_of(request))
            return _enter(request, signin.complete(user, at=at, ip=ip), wanted)
        except SignInRefused as error:
            return refuse(request, error, "account/code.html", context, form=form)
    return render(request, "account/code.html", context, status=422 if form.errors else 200)


def _enter(request: HttpRequest, entered: signin.SignedIn, wanted: str) -> HttpResponse:
    session.begin(request, entered)
    if entered.must_change_password:
        request.session["next"] = wanted
        return redirect("account:password")
    return redirect(session.next_page(request, entered.post, wanted))


@signed_in
def signed_in_beside(request: PersonRequest) -> HttpResponse:
    """Said in the tab where somebody signed in beside a form that waits in another."""
    return render(request, "account/signed_in.html")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Leave; a second click finds nobody and is no error."""
    if request.user.is_authenticated:
        actor: Actor = request.actor  # type: ignore[attr-defined]  # set by PostMiddleware
        if actor.kind is ActorKind.PERSON:
            signin.sign_out(actor, at=clock.now(), ip=session.address_of(request))
        auth.logout(request)
    return redirect("account:sign-in")


def _self(request: PersonRequest) -> Actor:
    """The person as an actor, at a post or not."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by PostMiddleware
    if actor.user_id == request.user.pk:
        return actor
    return Actor(kind=ActorKind.PERSON, name=request.user.name, user_id=request.user.pk)


@never_cache
@sensitive_post_parameters()
@signed_in
def password(request: PersonRequest) -> HttpResponse:
    """Change one's own password."""
    must = bool(request.session.get(MUST_CHANGE_KEY))
    form = PasswordForm(request.POST or None)
    context = {"form": form, "must": must, "back": reverse("account:settings")}
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            user = people.change_password(
                request.user, old=said["old"], new=said["new"], actor=_self(request),
                at=clock.now(), ip=session.address_of(request),
            )  # fmt: skip
        except UseCaseError as error:
            return refuse(request, error, "account/password.html", context, form=form)
        auth.update_session_auth_hash(request, user)
        request.session[MUST_CHANGE_KEY] = False
        wanted = session.safe_next(request, request.session.pop("next", ""))
        return done(request, "密码已修改。", wanted or reverse("account:posts"))
    return render(request, "account/password.html", context, status=422 if form.errors else 200)


@never_cache
@signed_in
def posts(request: PersonRequest) -> HttpResponse:
    """Choose where to sit; who sits somewhere goes on to work."""
    held = people_posts.current_posts(request.user, clock.now())
    if request.post is not None and "choose" not in request.GET:
        return redirect(session.next_page(request, request.post, ""))
    context = {"posts": held, "name": request.user.name, "next": request.GET.get("next", "")}
    return render(request, "account/posts.html", context)


@require_POST
@signed_in
def switch_post(request: PersonRequest) -> HttpResponse:
    """Sit at another of one's posts."""
    wanted = request.POST.get("post", "")
    post = None
    if wanted.isdecimal() and len(wanted) < 19:
        post = people_posts.holding(int(wanted), request.user.pk, clock.now())
    if post is None:
        raise NotFound("您已不在这个岗位。请刷新后重新选择，或联系安全管理员。")
    session.sit_at(request, post)
    page = session.next_page(request, post, request.POST.get("next", ""))
    return done(request, f"现在的岗位：{post}。", page)


@desk_view()
def menu(request: DeskRequest) -> HttpResponse:
    """What opens below one's name."""
    held = people_posts.current_posts(request.post.user, clock.now())
    return render(request, "account/menu.html", {"posts": held})


@desk_view()
def settings(request: DeskRequest) -> HttpResponse:
    """One's own particulars and notices."""
    user = request.post.user
    initial = {"email": user.email, "wants_email": user.wants_email}
    form = NoticesForm(request.POST or None, initial=initial)
    context = {
        "form": form,
        "user": user,
        "posts": people_posts.current_posts(user, clock.now()),
        "second_factor": totp.is_on(user),
    }
    if request.method == "POST" and form.is_valid():
        try:
            people.set_notices(user, actor=request.actor, at=clock.now(), **form.cleaned_data)
        except UseCaseError as error:
            return refuse(request, error, "account/settings.html", context, form=form)
        return done(request, "已保存。", reverse("account:settings"))
    return render(request, "account/settings.html", context, status=422 if form.errors else 200)


# --- the second factor ----------------------------------------------------------------------------


@never_cache
@desk_view()
def second_factor(request: DeskRequest) -> HttpResponse:
    """Whether it is on; a POST begins to turn it on and shows the picture to scan."""
    user = request.post.user
    if request.method == "POST":
        enrolment = totp.enrol(user, actor=request.actor, at=clock.now())
        picture = segno.make(enrolment.uri, error="m").svg_data_uri(scale=5, light="white")
        secret = " ".join(
            enrolment.secret[at : at + 4] for at in range(0, len(enrolment.secret), 4)
        )
        context = {"picture": picture, "secret": secret, "form": CodeForm()}
        return render(request, "account/enrol.html", context)
    on = totp.is_on(user)
    left = totp.recovery_codes_left(user) if on else 0
    context = {"on": on, "left": left, "form": CodeForm()}
    return render(request, "account/second_factor.html", context)


@never_cache
@require_POST
@desk_view()
def confirm_second_factor(request: DeskRequest) -> HttpResponse:
    """Turn it on with the first code."""
    form = CodeForm(request.POST)
    if form.is_valid():
        code_said = form.cleaned_data["code"]
        try:
            codes = totp.confirm(request.post.user, code_said, actor=request.actor, at=clock.now())
            return render(request, "account/recovery_codes.html", {"codes": codes})
        except UseCaseError as error:
            return refuse(request, error, "account/enrol_code.html", form=form)
    return render(request, "account/enrol_code.html", {"form": form}, status=422)


@never_cache
@require_POST
@desk_view()
def renew_recovery_codes(request: DeskRequest) -> HttpResponse:
    """Ten new recovery codes for a code from the telephone."""
    return _with_code(request, "renew")


@never_cache
@require_POST
@desk_view()
def second_factor_off(request: DeskRequest) -> HttpResponse:
    """Turn it off with a code."""
    return _with_code(request, "off")


def _with_code(request: DeskRequest, what: str) -> HttpResponse:
    user, at = request.post.user, clock.now()
    form = CodeForm(request.POST)
    context = {"on": True, "left": totp.recovery_codes_left(user), "form": form}
    if not form.is_valid():
        return render(request, "account/second_factor.html", context, status=422)
    code_said = form.cleaned_data["code"]
    try:
        if what == "off":
            totp.turn_off(user, actor=request.actor, at=at, code=code_said)
            return done(request, "动态验证码已停用。", reverse("account:second-factor"))
        codes = totp.renew_recovery_codes(user, code_said, actor=request.actor, at=at)
    except UseCaseError as error:
        return refuse(request, error, "account/second_factor.html", context, form=form)
    return render(request, "account/recovery_codes.html", {"codes": codes})


# --- the frame's small answers --------------------------------------------------------------------


@desk_view()
def counts(request: DeskRequest) -> HttpResponse:
    """What waits at each place, for the navigation."""
    found = counts_for(request.actor, clock.now())
    return JsonResponse({name: {"text": c.text, "red": c.red} for name, c in found.items()})


@desk_view()
def notices(request: DeskRequest) -> HttpResponse:
    """What opens below 通知."""
    found = notices_for(request.actor, clock.now())
    return render(request, "account/notices.html", {"notices": found})
