from django.urls import path

from jiesu.web.quality import sheets, views

app_name = "quality"
urlpatterns = [
    path("", views.home, name="home"),
    path("choose/", views.choose, name="choose"),
    path("training/", views.training, name="training"),
    path("training/<int:pk>/done/", views.trained, name="trained"),
    path("sheets/", sheets.home, name="sheets"),
    path("sheets/<str:subject>/", sheets.sheet, name="sheet"),
    path("samples/<str:subject>/", sheets.sample, name="sample"),
    path("<int:pk>/", views.item, name="item"),
    path("<int:pk>/contest/", views.contest, name="contest"),
    path("<int:pk>/judge/", views.judge, name="judge"),
]
