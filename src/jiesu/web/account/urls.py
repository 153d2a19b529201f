"""Sign-in and what belongs to the person."""

from django.urls import path

from jiesu.web.account import views

app_name = "account"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("signed-in/", views.signed_in_beside, name="signed-in"),
    path("code/", views.code, name="code"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("password/", views.password, name="password"),
    path("posts/", views.posts, name="posts"),
    path("posts/switch/", views.switch_post, name="switch-post"),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("second-factor/confirm/", views.confirm_second_factor, name="confirm-second-factor"),
    path("second-factor/renew/", views.renew_recovery_codes, name="renew-recovery-codes"),
    path("second-factor/off/", views.second_factor_off, name="second-factor-off"),
    path("settings/", views.settings, name="settings"),
    path("counts/", views.counts, name="counts"),
    path("menu/", views.menu, name="menu"),
    path("notices/", views.notices, name="notices"),
]
