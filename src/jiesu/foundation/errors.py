"""What may go wrong for a person's reasons, said so that a person can act on it.

A ``UseCaseError`` is a refusal: it carries a stable ``code`` for machines and a Chinese sentence
that says what, why and what next. Anything else that is raised is a defect and alerts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

# How a refusal is answered over HTTP, by the pages and by the API alike. A code that is not here is
# a rule of business like any other: REFUSED.
STATUS: dict[str, int] = {
    "idempotency_key_invalid": 400,
    "forbidden": 403,
    "not_found": 404,
    "changed_meanwhile": 409,
    "not_allowed_now": 409,
    "idempotency_mismatch": 409,
    "invalid": 422,
    "secret_matter": 422,
    "rate_limited": 429,
}
REFUSED = 422


class UseCaseError(Exception):
    """A refusal by a use case.

    ``code`` is stable and machine-readable, ``message`` is a full Chinese sentence, ``field`` names
    the input it belongs to ("" when it belongs to none).
    """

    code = "refused"

    def __init__(self, message: str, *, code: str = "", field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        if code:
            self.code = code

    @property
    def status(self) -> int:
        """The HTTP status of this refusal."""
        return STATUS.get(self.code, REFUSED)


class NotFound(UseCaseError):
    """Absent, or outside what this person may see: both look alike."""

    code = "not_found"

    def __init__(self, message: str = "没有找到该内容，或您无权查看。请核对编号。") -> None:
        super().__init__(message)


class Forbidden(UseCaseError):
    """The person may see it, but not do this."""

    code = "forbidden"

    def __init__(self, message: str = "您的岗位没有这项权限。请切换岗位或联系管理员。") -> None:
        super().__init__(message)


class NotAllowedNow(UseCaseError):
    """The move exists, but not from the present status or not under the present circumstances."""

    code = "not_allowed_now"


class ChangedMeanwhile(UseCaseError):
    """Somebody else changed the thing since this person loaded it."""

    code = "changed_meanwhile"

    def __init__(
        self, message: str = "工单已被他人处理，请刷新后重试。您填写的内容已保留。"
    ) -> None:
        super().__init__(message)


@dataclass(frozen=True)
class FieldError:
    """One wrong input: which field, a stable code, and a Chinese sentence."""

    field: str
    code: str
    message: str


class Invalid(UseCaseError):
    """One or more inputs are wrong; ``errors`` lists every one of them."""

    code = "invalid"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("；".join(e.message for e in errors), field=errors[0].field)
        self.errors = tuple(errors)


def invalid(field: str, message: str, code: str = "invalid") -> Invalid:
    """The ``Invalid`` for one wrong field."""
    return Invalid([FieldError(field, code, message)])
