"""What orders classified under two schemes say of which class continues which: to be taken."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from jiesu.access import Permission as P
from jiesu.catalogue import schemes
from jiesu.foundation import clock
from jiesu.suggestions import crossmap
from jiesu.web.doors import DeskRequest, desk_view, done
from jiesu.web.form_pages import Page
from jiesu.web.manage.catalogue import scheme_of
from jiesu.web.manage.pages import crumbs


@desk_view(P.MANAGE_CATALOGUE)
def learned(request: DeskRequest, pk: int) -> HttpResponse:
    """The proposals, each with how many orders say so; those that are ticked become the map."""
    scheme = scheme_of(pk)
    links = crossmap.learned(scheme)
    here = reverse("manage:scheme", args=[pk])
    if request.method == "POST":
        picked = set(request.POST.getlist("picked"))
        taken = [link for link in links if f"{link.old.pk}-{link.new.pk}" in picked]
        for link in taken:
            schemes.map_class(link.old, [link.new], actor=request.actor, at=clock.now())
        return done(request, f"已采用 {len(taken)} 个对应关系。", here)
    steps = crumbs(("诉求分类", reverse("manage:schemes")), (str(scheme), here), ("新旧对应", ""))
    page = Page(f"{scheme}：从工单学习新旧对应", steps, here)
    return render(
        request, "manage/crossmap.html", {"page": page, "links": links, "least": crossmap.LEAST}
    )
