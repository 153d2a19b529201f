"""The scoring desk's addresses."""

from django.urls import path

from jiesu.web.scoring import faults, moves, pleas, schemes, views

app_name = "scoring"
urlpatterns = [
    path("", views.home, name="home"),
    path("mine/", views.mine, name="mine"),
    path("schemes/new/", schemes.new, name="scheme-new"),
    path("schemes/<int:pk>/", schemes.scheme, name="scheme"),
    path("schemes/<int:pk>/edit/", schemes.edit, name="scheme-edit"),
    path("schemes/<int:pk>/end/", schemes.end, name="scheme-end"),
    path("schemes/<int:pk>/open/", moves.open_, name="open"),
    path("periods/<int:pk>/", views.period, name="period"),
    path("periods/<int:pk>/state/", views.state, name="state"),
    path("periods/<int:pk>/revisions/", views.revisions, name="revisions"),
    path("periods/<int:pk>/count/", moves.count, name="count"),
    path("periods/<int:pk>/freeze/", moves.freeze, name="freeze"),
    path("periods/<int:pk>/publish/", moves.publish, name="publish"),
    path("periods/<int:pk>/correct/", moves.correct, name="correct"),
    path("periods/<int:pk>/units/<int:unit>/", views.unit, name="unit"),
    path("periods/<int:pk>/units/<int:unit>/<slug:code>/", views.orders, name="orders"),
    path("periods/<int:pk>/exclude/<str:number>/", pleas.exclude, name="exclude"),
    path("exclusions/", pleas.exclusions_, name="exclusions"),
    path("exclusions/<int:pk>/", pleas.exclusion, name="exclusion"),
    path("remedies/", pleas.remedies_, name="remedies"),
    path("remedies/new/", pleas.find, name="remedy-find"),
    path("remedies/new/<str:number>/", pleas.contest, name="contest"),
    path("remedies/<int:pk>/", pleas.remedy, name="remedy"),
    path("faults/", faults.register, name="faults"),
    path("faults/new/", faults.new, name="fault-new"),
    path("faults/<int:pk>/revoke/", faults.revoke, name="fault-revoke"),
]
