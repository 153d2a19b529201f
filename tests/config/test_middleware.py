"""Around a request: the client's address, and what keeps a session."""

import time

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from jiesu.config.middleware import client_address, sliding_session


def seen_address(settings: Settings, proxies: int, forwarded: str | None) -> str:
    settings.JIESU_PROXIES = proxies
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", **headers)
    client_address(lambda _: HttpResponse())(request)
    return str(request.META["REMOTE_ADDR"])


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.7", "127.0.0.1"),
        (1, None, "127.0.0.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "198.51.100.7", "127.0.0.1"),
        (1, "<script>", "127.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_what_our_own_proxies_say_is_believed(
    settings: Settings, proxies: int, forwarded: str | None, address: str
) -> None:
    assert seen_address(settings, proxies, forwarded) == address


def passed_through(session: SessionStore, **headers: str) -> SessionStore:
    request = RequestFactory().get("/", **headers)
    request.session = session

    def view(request: HttpRequest) -> HttpResponse:
        request.session.get(SESSION_KEY)
        return HttpResponse()

    sliding_session(view)(request)
    return session


@pytest.fixture
def signed_in(db: None) -> SessionStore:
    session = SessionStore()
    session[SESSION_KEY] = "1"
    session.save()
    return SessionStore(session.session_key)


def test_a_persons_request_keeps_the_session(signed_in: SessionStore) -> None:
    assert passed_through(signed_in).modified


def test_a_second_request_within_a_minute_writes_nothing(signed_in: SessionStore) -> None:
    passed_through(signed_in).save()

    again = passed_through(SessionStore(signed_in.session_key))

    assert not again.modified


def test_a_request_after_a_minute_keeps_it_again(signed_in: SessionStore) -> None:
    signed_in["_slid"] = int(time.time()) - 61
    signed_in.save()

    assert passed_through(SessionStore(signed_in.session_key)).modified


def test_a_page_that_refreshes_itself_does_not_keep_it(signed_in: SessionStore) -> None:
    assert not passed_through(signed_in, HTTP_X_BACKGROUND="1").modified


@pytest.mark.django_db
def test_somebody_not_signed_in_gets_no_session() -> None:
    assert not passed_through(SessionStore()).modified
