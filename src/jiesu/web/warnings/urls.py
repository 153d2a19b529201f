from django.urls import path

from jiesu.web.warnings import views

app_name = "warnings"
urlpatterns = [
    path("", views.home, name="home"),
    path("ringing/", views.ringing, name="ringing"),
    path("<int:pk>/act/", views.act, name="act"),
]
