from django.apps import AppConfig


class ListingConfig(AppConfig):
    name = "jiesu.listing"
    label = "listing"
