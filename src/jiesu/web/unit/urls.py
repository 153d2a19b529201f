from django.urls import path

from jiesu.web.unit import views

app_name = "unit"
urlpatterns = [
    path("", views.home, name="home"),
    path("news/", views.news, name="news"),
    path("pass/", views.pass_many, name="pass-many"),
    path("hand/", views.hand_many, name="hand-many"),
    path("sign/", views.sign_many, name="sign-many"),
    path("<str:number>/report/<int:pk>/", views.report, name="report"),
    path("<str:number>/report/<int:pk>/check/", views.check, name="check"),
    path("<str:number>/report/<int:pk>/model/", views.model_draft, name="model-draft"),
    path("<str:number>/report/<int:pk>/draft/", views.save_draft, name="save-draft"),
]
