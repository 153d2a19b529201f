"""What a person types about themselves."""

from django import forms


def _secret(label: str, autocomplete: str) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete, "maxlength": None})
    return forms.CharField(label=label, max_length=256, strip=False, widget=widget)


class SignInForm(forms.Form):
    """The first factor."""

    username = forms.CharField(
        label="登录名",
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = _secret("密码", "current-password")


class CodeForm(forms.Form):
    """The second factor: six digits, or a recovery code."""

    code = forms.CharField(
        label="动态验证码",
        max_length=32,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
    )


class PasswordForm(forms.Form):
    """A new password, typed twice."""

    old = _secret("原密码", "current-password")
    new = _secret("新密码", "new-password")
    again = _secret("再输一次新密码", "new-password")

    def clean(self) -> dict[str, object] | None:
        """Both times the same."""
        said = super().clean()
        if said and said.get("new") and said.get("again") and said["new"] != said["again"]:
            self.add_error("again", "两次输入的新密码不一样，请重新输入。")
        return said


class NoticesForm(forms.Form):
    """Where one's notices go."""

    email = forms.EmailField(label="邮箱", max_length=254, required=False)
    wants_email = forms.BooleanField(label="有新工单、快到期、被退回时发邮件给我", required=False)
