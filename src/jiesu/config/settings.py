"""Every setting of the installation, read once from the environment.

The name, type, default and reason of each ``JIESU_*`` variable stand in docs/settings.md.
"""

import os
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

SOURCE = Path(__file__).resolve().parents[1]
VAR = Path(os.environ.get("JIESU_VAR", str(SOURCE.parents[1] / "var"))).resolve()

DEBUG = os.environ.get("JIESU_DEBUG", "") == "1"
SECRET_KEY = os.environ.get("JIESU_SECRET_KEY", "insecure-development-only-key-0123456789-abcdefghij")
ALLOWED_HOSTS = os.environ.get("JIESU_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_linear_migrations",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "axes",
    "csp",
    "jiesu.journal",
    "jiesu.organizations",
    "jiesu.accounts",
    "jiesu.catalogue",
    "jiesu.deadlines",
    "jiesu.appeals",
    "jiesu.notifications",
    "jiesu.search",
    "jiesu.jobs",
    "jiesu.api",
    "jiesu.web",
    "jiesu.cli",
]
ROOT_URLCONF = "jiesu.config.urls"
WSGI_APPLICATION = "jiesu.config.wsgi.application"
DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("JIESU_DATABASE_URL", f"sqlite:///{VAR / 'jiesu.sqlite3'}")
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 8}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
MEDIA_ROOT = VAR / "media"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
    }
}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
JIESU_KEY_FILE = Path(os.environ.get("JIESU_KEY_FILE", str(VAR / "keys.json")))
JIESU_DATA = Path(os.environ.get("JIESU_DATA", "")) if os.environ.get("JIESU_DATA") else None
