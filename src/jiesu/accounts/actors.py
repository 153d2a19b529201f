"""Makes the ``Actor`` of a signed-in person or an API client."""

from jiesu.access import ROLE_PERMISSIONS, Actor, ActorKind, Permission, Role
from jiesu.access.roles import REFERENCE_DATA
from jiesu.accounts.models import ApiClient, Post


def actor_for(post: Post) -> Actor:
    """The actor a person is at this post. Reads ``post.user``, ``post.unit`` and its region."""
    return Actor(
        kind=ActorKind.PERSON,
        name=post.user.name,
        role=post.role,
        user_id=post.user_id,
        post_id=post.pk,
        unit_id=post.unit_id,
        unit_name=post.unit.short_name or post.unit.name,
        unit_path=post.unit.path,
        region_path=post.unit.region.path,
        permissions=ROLE_PERMISSIONS[Role(post.role)],
    )


def actor_for_client(client: ApiClient) -> Actor:
    """The actor an API client is. Reads ``client.unit`` and its region."""
    allowed = ROLE_PERMISSIONS[Role.API_CLIENT]
    if not client.permissions:
        allowed -= REFERENCE_DATA
    else:
        allowed &= {Permission(p) for p in client.permissions}
    return Actor(
        kind=ActorKind.CLIENT,
        name=client.name,
        role=Role.API_CLIENT,
        client_id=client.pk,
        unit_id=client.unit_id,
        unit_name=client.unit.short_name or client.unit.name,
        unit_path=client.unit.path,
        region_path=client.unit.region.path,
        permissions=allowed,
    )
