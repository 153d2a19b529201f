"""The product's settings, with what a test run must not share or wait for.

Everything a run writes goes to a folder of its own, so that several runs (and xdist's workers)
never meet. ``JIESU_DATABASE_URL`` is respected: without it the tests use an SQLite file, not memory
(so that write-ahead logging, lock waits and threads behave as in production).
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_OWN = Path(tempfile.mkdtemp(prefix="jiesu-test-"))
atexit.register(shutil.rmtree, _OWN, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith("JIESU_")]:
    if _name not in {"JIESU_DATABASE_URL", "JIESU_DATA"}:
        del os.environ[_name]  # a developer's own settings must not colour a test
os.environ["JIESU_VAR"] = str(_OWN)

from jiesu.config.settings import *  # noqa: E402, F403
from jiesu.config.settings import DATABASES, INSTALLED_APPS  # noqa: E402

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": str(_OWN / "test.sqlite3")}
INSTALLED_APPS = [*INSTALLED_APPS, "tests.journal.ledger"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # argon2 is slow on purpose
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True  # nothing is collected for a test
STATIC_ROOT = None
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
