from django.apps import AppConfig
from django.core.validators import ProhibitNullCharactersValidator


class WebConfig(AppConfig):
    name = "jiesu.web"
    label = "web"

    def ready(self) -> None:
        """Say what Django's own Chinese words for a null character do not say."""
        ProhibitNullCharactersValidator.message = (
            "文字中混有看不见的空字符，请清空后重新输入；复制来的文字先粘贴到记事本再复制。"
        )
