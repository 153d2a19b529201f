from django.urls import path

from jiesu.web.orders import exports, lists, views

app_name = "orders"
urlpatterns = [
    path("", lists.home, name="home"),
    path("find/", lists.find, name="find"),
    path("lists/<str:desk>/keep/", lists.keep_filter, name="keep-filter"),
    path("lists/<str:desk>/columns/", lists.columns, name="columns"),
    path("lists/drop/<int:pk>/", lists.drop_filter, name="drop-filter"),
    path("export/", exports.export, name="export"),
    path("exports/", exports.exports, name="exports"),
    path("exports/<int:pk>/state/", exports.state, name="export-state"),
    path("exports/<int:pk>/cancel/", exports.cancel, name="export-cancel"),
    path("exports/<int:pk>/file/", exports.fetch, name="export-fetch"),
    path("<str:number>/", views.order, name="order"),
    path("<str:number>/print/", views.print_, name="print"),
    path("<str:number>/do/<str:name>/", views.move, name="move"),
    path("<str:number>/a/<int:pk>/<str:name>/", views.assignment_move, name="assignment-move"),
    path("<str:number>/application/<int:pk>/", views.judge, name="judge"),
    path("<str:number>/opinion/<int:pk>/", views.opine, name="opine"),
    path("<str:number>/conclude/<int:pk>/", views.conclude, name="conclude"),
    path("<str:number>/reveal/", views.reveal, name="reveal"),
    path("<str:number>/file/<int:pk>/", views.attachment, name="attachment"),
]
