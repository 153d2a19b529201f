from django.urls import path

from jiesu.web.callback import views

app_name = "callback"
urlpatterns = [
    path("", views.home, name="home"),
    path("news/", views.news, name="news"),
    path("work/<str:number>/", views.work, name="work"),
    path("work/<str:number>/phone/", views.phone, name="phone"),
]
