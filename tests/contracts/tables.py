"""Who may open what, as two tables to be read: every address of the web and of the API × role.

``make docs`` writes them (or ``python -m tests.contracts.tables``); ``test_every_address.py`` holds
the doors to them. "needs" names the permissions any of which opens an address; "signed in" is
everybody at a post, "everyone" also a citizen. A move of an order needs its own permission besides
the sight of the order.
"""

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.urls import URLPattern, URLResolver

HERE = Path(__file__).parent
WEB, API = HERE / "permissions_web.csv", HERE / "permissions_api.csv"
SIGNED_IN, EVERYONE = "signed in", "everyone"
HOW = "make docs writes it anew; read the difference (git diff tests/contracts) before committing"


@dataclass(frozen=True)
class Address:
    """One address of the web: where, its name, whom it lets in; ``given``: what fills it."""

    path: str
    name: str
    needs: str
    given: dict[str, str] = field(default_factory=dict)
    converters: tuple[str, ...] = ()

    def opens_for(self, role: str) -> bool:
        """Whether the role holds what the address needs."""
        from jiesu.access import ROLE_PERMISSIONS, Role

        if self.needs in (EVERYONE, SIGNED_IN):
            return True
        return any(one in ROLE_PERMISSIONS[Role(role)] for one in self.needs.split(" | "))


def patterns() -> Iterator[tuple[str, str, URLPattern]]:
    """Every pattern of the installation: its whole route, its whole name, itself."""
    from jiesu.config import urls

    yield from _below(urls.urlpatterns, "", "")


def _below(
    found: list[URLPattern | URLResolver], route: str, name: str
) -> Iterator[tuple[str, str, URLPattern]]:
    for one in found:
        here = route + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _below(
                one.url_patterns, here, f"{name}{one.namespace}:" if one.namespace else name
            )
        else:
            yield here, f"{name}{one.name}", one


def web() -> list[Address]:
    """Every address outside ``api/v1``'s operations; a page of moves once for each move."""
    from jiesu.appeals.lifecycle import APPEAL_MOVES, ASSIGNMENT_MOVES
    from jiesu.web.orders.dialogs import ASSIGNMENT_DIALOGS, DIALOGS

    moves = {
        "orders:move": {name: APPEAL_MOVES[name].needs for name in DIALOGS},
        "orders:assignment-move": {n: ASSIGNMENT_MOVES[n].needs for n in ASSIGNMENT_DIALOGS},
    }
    found = []
    for route, name, pattern in patterns():
        if name.startswith(("api-v1:", "gallery:")):
            continue  # the API's operations have their own table; the gallery is for builders
        names = tuple(pattern.pattern.converters)
        for move, needs in moves.get(name, {}).items():
            path = route.replace("<str:name>", move)
            found.append(Address(path, name, str(needs), {"name": move}, names))
        if name not in moves:
            needs = getattr(pattern.callback, "permissions", None)
            said = EVERYONE if needs is None else " | ".join(sorted(needs)) or SIGNED_IN
            found.append(Address(route, name, said, {}, names))
    return sorted(found, key=lambda one: (one.path, one.name))


def web_text() -> str:
    """``permissions_web.csv``."""
    from jiesu.access import Role

    roles = [role for role in Role if role is not Role.API_CLIENT]
    lines = [["path", "name", "needs", *roles]]
    for one in web():
        opens = ["yes" if one.opens_for(role) else "" for role in roles]
        lines.append([f"/{one.path}", one.name, one.needs, *opens])
    return _csv(lines)


def api_text() -> str:
    """``permissions_api.csv``: operation × role, were the role's permissions given to a key."""
    from tests.api.routes import operations

    from jiesu.access import ROLE_PERMISSIONS, Role

    lines = [["method", "path", "needs", *Role]]
    for method, path, said in sorted(operations(), key=lambda o: (o[1], o[0])):
        needs = {one for one in said.split(" | ") if one}
        opens = ["yes" if not needs or ROLE_PERMISSIONS[r] & needs else "" for r in Role]
        lines.append([method, path, said, *opens])
    return _csv(lines)


def _csv(lines: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(lines)
    return out.getvalue()


def write() -> None:
    """Both tables, as the code has them now."""
    WEB.write_text(web_text(), encoding="utf-8")
    API.write_text(api_text(), encoding="utf-8")


if __name__ == "__main__":
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    write()
