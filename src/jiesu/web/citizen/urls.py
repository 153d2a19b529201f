from django.urls import path

from jiesu.web.citizen import views

app_name = "citizen"
urlpatterns = [
    path("", views.home, name="home"),
    path("submit/", views.submit, name="submit"),
    path("questions/", views.questions, name="questions"),
    path("submitted/", views.submitted, name="submitted"),
    path("query/", views.query, name="query"),
    path("progress/<str:number>/", views.progress, name="progress"),
    path("progress/<str:number>/facts/", views.facts, name="facts"),
    path("progress/<str:number>/urge/", views.urge, name="urge"),
    path("progress/<str:number>/withdraw/", views.withdraw, name="withdraw"),
    path("progress/<str:number>/rate/", views.rate, name="rate"),
    path("progress/<str:number>/file/<int:pk>/", views.file, name="file"),
    path("answers/", views.answers, name="answers"),
    path("answers/<str:number>/", views.answer, name="answer"),
]
