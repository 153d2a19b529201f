from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "jiesu.accounts"
    label = "accounts"
