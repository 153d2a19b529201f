from django.urls import path

from jiesu.web.seat import alike, reading, views

app_name = "seat"
urlpatterns = [
    path("", views.home, name="home"),
    path("mine/", views.mine, name="mine"),
    path("caller/", views.caller, name="caller"),
    path("suggest/", views.suggest, name="suggest"),
    path("similar/", alike.similar, name="similar"),
    path("place/", alike.place, name="place"),
    path("warn/", reading.warn, name="warn"),
    path("summary/", reading.summary, name="summary"),
    path("model-summary/", reading.model_summary, name="model-summary"),
    path("relation/", views.relation, name="relation"),
    path("unit/", views.unit, name="unit"),
    path("local-form/", views.local_form, name="local-form"),
    path("phrase/<int:pk>/", views.phrase, name="phrase"),
    path("draft/", views.draft, name="draft"),
    path("draft/<str:key>/drop/", views.drop_draft, name="drop-draft"),
]
