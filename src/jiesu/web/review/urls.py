from django.urls import path

from jiesu.web.review import views

app_name = "review"
urlpatterns = [
    path("", views.home, name="home"),
    path("news/", views.news, name="news"),
    path("work/<str:number>/", views.work, name="work"),
    path("work/<str:number>/check/", views.check, name="check"),
]
