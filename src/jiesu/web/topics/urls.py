"""The addresses of topics."""

from django.urls import path

from jiesu.web.topics import views

app_name = "topics"
urlpatterns = [
    path("", views.home, name="home"),
    path("<int:pk>/", views.topic, name="topic"),
    path("of/<str:number>/", views.of_order, name="of-order"),
]
