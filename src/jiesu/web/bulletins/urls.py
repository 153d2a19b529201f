"""The bulletins' addresses."""

from django.urls import path

from jiesu.web.bulletins import templates_, views

app_name = "bulletins"
urlpatterns = [
    path("", views.home, name="home"),
    path("draft/<int:pk>/<slug:every>/", views.draft, name="draft"),
    path("templates/", templates_.home, name="templates"),
    path("templates/<slug:every>/", templates_.edit, name="template"),
    path("<int:pk>/", views.bulletin, name="bulletin"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/cases/", views.cases_, name="cases"),
    path("<int:pk>/do/<slug:name>/", views.move, name="move"),
    path("<int:pk>/paper/<slug:form>/", views.paper_file, name="paper"),
]
