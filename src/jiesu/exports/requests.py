"""placeholder"""


def remove_expired(at: object) -> int:
    return 0
