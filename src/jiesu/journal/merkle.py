"""One hash over many; each can later be proved to be among them (RFC 9162 §2.1, with SM3).

Pure. A leaf binds a row's id to its hash; leaves and nodes begin with different bytes, so that one
can never be passed off as the other.
"""

from collections.abc import Sequence

from jiesu.foundation.crypto import sm3


def leaf(row_id: int, row_hash: str) -> bytes:
    """The leaf of one row."""
    return sm3(b"\x00" + row_id.to_bytes(8, "big", signed=True) + row_hash.encode())


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaves in their order; of none, the hash of nothing."""
    if not leaves:
        return sm3(b"")
    level = list(leaves)
    while len(level) > 1:
        odd = level.pop() if len(level) % 2 else None
        level = [sm3(b"\x01" + a + b) for a, b in zip(level[::2], level[1::2], strict=True)]
        if odd is not None:
            level.append(odd)
    return level[0]
