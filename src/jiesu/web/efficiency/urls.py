from django.urls import path

from jiesu.web.efficiency import cases, clues, patrols

app_name = "efficiency"
urlpatterns = [
    path("", clues.home, name="home"),
    path("clues/new/", clues.lay, name="lay"),
    path("clues/rules/", clues.rules, name="rules"),
    path("clues/rules/<str:kind>/", clues.rule, name="rule"),
    path("clues/<int:pk>/", clues.clue, name="clue"),
    path("clues/<int:pk>/aside/", clues.aside, name="aside"),
    path("cases/", cases.home, name="cases"),
    path("cases/new/", cases.new, name="new-case"),
    path("cases/<int:pk>/", cases.case, name="case"),
    path("cases/<int:pk>/<str:step>/", cases.step, name="case-step"),
    path("patrols/", patrols.home, name="patrols"),
    path("patrols/new/", patrols.new, name="new-patrol"),
    path("patrols/<int:pk>/", patrols.patrol, name="patrol"),
    path("patrols/<int:pk>/answer/", patrols.answer, name="patrol-answer"),
    path("patrols/<int:pk>/settle/", patrols.settle, name="patrol-settle"),
]
