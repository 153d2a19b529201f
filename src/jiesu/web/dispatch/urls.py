from django.urls import path

from jiesu.web.dispatch import views

app_name = "dispatch"
urlpatterns = [
    path("", views.home, name="home"),
    path("news/", views.news, name="news"),
    path("applications/", views.applications, name="applications"),
    path("bulk/", views.dispatch_many, name="dispatch-many"),
    path("accept/", views.accept_many, name="accept-many"),
    path("work/<str:number>/", views.work, name="work"),
]
