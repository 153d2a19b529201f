from django.apps import AppConfig


class BulletinsConfig(AppConfig):
    name = "jiesu.bulletins"
    label = "bulletins"
