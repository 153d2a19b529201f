from django.urls import path

from jiesu.web.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.home, name="home"),
    path("read/", views.read_all, name="read-all"),
    path("<int:pk>/", views.open_, name="open"),
]
