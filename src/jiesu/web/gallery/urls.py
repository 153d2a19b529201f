"""Pages for whoever builds the face; only with JIESU_DEBUG=1."""

from django.urls import path

from jiesu.web.gallery import views

app_name = "gallery"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("order/", views.order, name="order"),
    path("seat/", views.seat, name="seat"),
    path("citizen/", views.citizen, name="citizen"),
    path("form/", views.form, name="form"),
    path("lively/", views.lively, name="lively"),
    path("fresh/", views.fresh, name="fresh"),
    path("options/", views.options, name="options"),
    path("dialog/", views.dialog, name="dialog"),
    path("error/<int:status>/", views.error, name="error"),
]
