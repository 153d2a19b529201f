from django.urls import path

from jiesu.web.pick import views

app_name = "pick"
urlpatterns = [
    path("units/", views.units, name="units"),
    path("units-below/", views.units_below, name="units-below"),
    path("categories/", views.categories_, name="categories"),
    path("regions/", views.regions_, name="regions"),
    path("colleagues/", views.colleagues, name="colleagues"),
]
