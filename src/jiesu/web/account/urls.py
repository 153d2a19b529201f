"""Sign-in and what belongs to the person."""

from django.urls import path

from jiesu.web.account import views

app_name = "account"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("counts/", views.counts, name="counts"),
    path("menu/", views.menu, name="menu"),
    path("notices/", views.notices, name="notices"),
    path("posts/", views.posts, name="posts"),
]
