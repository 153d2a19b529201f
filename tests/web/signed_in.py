"""A browser's stand-in, signed in as one of the world's people."""

from django.test import Client
from tests.factories.world import World

from jiesu.web.middleware import POST_KEY


def client_of(world: World, username: str) -> Client:
    """A test client signed in at the person's post."""
    client = Client()
    client.force_login(
        world.posts[username].user, backend="django.contrib.auth.backends.ModelBackend"
    )
    session = client.session
    session[POST_KEY] = world.posts[username].pk
    session.save()
    return client
