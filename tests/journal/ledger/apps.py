from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "tests.journal.ledger"
    label = "ledger"
