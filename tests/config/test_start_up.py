"""What the web must not load before somebody needs it."""

import subprocess
import sys

HEAVY = ("numpy", "scipy", "sklearn", "docx", "xlsxwriter")

_LOADED = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiesu.config.settings")
import django
django.setup()
from django.urls import get_resolver
assert get_resolver().url_patterns
print(*sorted(sys.modules.keys() & {wanted!r}))
"""


def test_the_web_starts_without_what_only_counting_learning_and_writing_files_need() -> None:
    asked = _LOADED.format(wanted=set(HEAVY))

    loaded = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=120
    )

    assert loaded.stdout.split() == []
