from django.urls import path

from jiesu.web.warnings import views, words

app_name = "warnings"
urlpatterns = [
    path("", views.home, name="home"),
    path("ringing/", views.ringing, name="ringing"),
    path("<int:pk>/act/", views.act, name="act"),
    path("words/", words.home, name="words"),
    path("words/new/", words.edit, name="word-list-new"),
    path("words/decline/", words.decline, name="word-list-decline"),
    path("words/<str:key>/", words.edit, name="word-list"),
    path("words/<str:key>/end/", words.end, name="word-list-end"),
]
