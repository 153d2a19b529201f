"""Every setting of the installation, read once from the environment.

What can be set, and why, is declared in ``env.py`` and shown in docs/settings.md. Here the values
become Django's settings. Names that start with ``JIESU_`` are our own.
"""

import datetime as dt
import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from jiesu.config.env import env

# --- the installation ----------------------------------------------------------------------------

SOURCE = Path(__file__).resolve().parents[1]
CHECKOUT = SOURCE.parents[1]


def _data_folder() -> Path:
    said = env("JIESU_VAR")
    if said:
        return Path(said).expanduser().resolve()
    if (CHECKOUT / "pyproject.toml").is_file():
        return CHECKOUT / "var"
    return Path("~/.local/share/jiesu").expanduser()


def _secret_key() -> str:
    """The set key; in development one that is made once and kept in the data folder."""
    said: str | None = env("JIESU_SECRET_KEY")
    if said:
        return said
    if IN_PRODUCTION:
        raise ImproperlyConfigured(
            "JIESU_SECRET_KEY is not set, and production does not run without it. Make one with: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(50))" '
            "生产环境必须设置 JIESU_SECRET_KEY。"
        )
    file = VAR / "secret-key"
    try:
        VAR.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            # Written beside and linked, so that two processes that start together agree on one key.
            making = VAR / f"secret-key.{os.getpid()}"
            making.touch(mode=0o600)
            making.write_text(secrets.token_urlsafe(50))
            try:
                os.link(making, file)
            except FileExistsError:
                pass
            finally:
                making.unlink()
        return file.read_text()
    except OSError as trouble:
        raise ImproperlyConfigured(
            f"The data folder {VAR} cannot be written: {trouble.strerror}. 数据目录无法写入。"
        ) from None


JIESU_ENV: str = env("JIESU_ENV")
IN_PRODUCTION = JIESU_ENV == "production"
VAR = _data_folder()
DEBUG: bool = env("JIESU_DEBUG")
if DEBUG and IN_PRODUCTION:
    raise ImproperlyConfigured(
        "JIESU_DEBUG=1 is refused in production: its error pages show personal data. "
        "生产环境不得开启调试。"
    )
SECRET_KEY = _secret_key()
JIESU_VAR = VAR
JIESU_KEY_FILE = Path(env("JIESU_KEY_FILE") or VAR / "keys.json")
JIESU_DATA = Path(env("JIESU_DATA")) if env("JIESU_DATA") else None

# --- what it is made of --------------------------------------------------------------------------

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
    "jiesu.scoring",
    "jiesu.bulletins",
    "jiesu.supervision",
    "jiesu.warnings",
    "jiesu.topics",
    "jiesu.suggestions",
    "jiesu.search",
    "jiesu.inspection",
    "jiesu.exports",
    "jiesu.listing",
    "jiesu.jobs",
    "jiesu.api",
    "jiesu.web",
    "jiesu.cli",
    "jiesu.config",
]
MIDDLEWARE = [
    "jiesu.config.middleware.client_address",
    "jiesu.config.middleware.measure_requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "jiesu.config.middleware.sliding_session",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "jiesu.web.middleware.PostMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "jiesu.web.middleware.UseCaseErrorMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": sorted((SOURCE / "web").glob("*/templates")),  # each desk keeps its own
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["jiesu.web.components.templatetags.jiesu"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
ROOT_URLCONF = "jiesu.config.urls"
WSGI_APPLICATION = "jiesu.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Who is told of what, across layers: dotted names, because a lower package imports no higher one.
JIESU_EVENT_MODELS = ["appeals.Event", "journal.AuditRecord"]
JIESU_TREE_FOLLOWERS: list[str] = [
    "jiesu.accounts.posts.PostsFollow",
    "jiesu.catalogue.reorganisations.CatalogueFollower",
    "jiesu.appeals.actions.reorganisation.AppealsFollow",
    "jiesu.supervision.reorganisation.SupervisionFollows",
]
# Functions that return an iterable of (name, help, value) and are asked at each scrape of /metrics.
JIESU_GAUGES: list[str] = ["jiesu.jobs.gauges.gauges"]
# A function that returns {loop: when it last said it was alive}; /readyz and /metrics ask it.
JIESU_LOOP_BEATS = "jiesu.jobs.beats.last_beats"

# --- database ------------------------------------------------------------------------------------

JIESU_DATABASE_POOL: int = env("JIESU_DATABASE_POOL")
try:
    DATABASES: dict[str, Any] = {
        "default": dj_database_url.parse(
            env("JIESU_DATABASE_URL") or f"sqlite:///{VAR / 'jiesu.sqlite3'}"
        )
    }
except ValueError:
    raise ImproperlyConfigured(
        "JIESU_DATABASE_URL should look like postgresql://user:password@host:5432/name or "
        "sqlite:////path/to/file. 数据库地址格式不正确。"
    ) from None
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    if _database["NAME"] != ":memory:":
        Path(_database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    _database["CONN_MAX_AGE"] = 600  # to open the file anew costs half of a whole request
    _database["OPTIONS"] = {
        **_database.get("OPTIONS", {}),
        # A transaction that will write takes the lock at its start: no "database is locked" in
        # the middle, and compare-and-set means what it says.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;"
            "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;"
        ),
    }
elif _database["ENGINE"] == "django.db.backends.postgresql":
    if JIESU_DATABASE_POOL:
        _database["OPTIONS"] = {
            **_database.get("OPTIONS", {}),
            "pool": {"min_size": 1, "max_size": JIESU_DATABASE_POOL, "timeout": 10},
        }
    else:
        _database["DISABLE_SERVER_SIDE_CURSORS"] = True
else:
    raise ImproperlyConfigured("Only PostgreSQL and SQLite are supported. 仅支持这两种数据库。")

# --- people and sessions -------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
JIESU_PASSWORD_DAYS: int = env("JIESU_PASSWORD_DAYS")
SESSION_COOKIE_AGE = env("JIESU_SESSION_MINUTES") * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "jiesu.web.errors.csrf_failure"
# By account, not by address: a whole office stands behind one address.
AXES_LOCKOUT_PARAMETERS = ["username"]
SILENCED_SYSTEM_CHECKS = ["axes.W006"]  # asks for the address; another browser does not help here
AXES_FAILURE_LIMIT = env("JIESU_LOCKOUT_TRIES")
AXES_COOLOFF_TIME = dt.timedelta(minutes=env("JIESU_LOCKOUT_MINUTES"))
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # sign-ins are recorded in the journal's audit
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_IPWARE_META_PRECEDENCE_ORDER = ["REMOTE_ADDR"]  # set right by middleware.client_address

# --- the way in ----------------------------------------------------------------------------------

_https = env("JIESU_HTTPS")
_proxies = env("JIESU_PROXIES")
JIESU_HTTPS = IN_PRODUCTION if _https is None else _https
JIESU_PROXIES: int = int(IN_PRODUCTION) if _proxies is None else _proxies
JIESU_HOST: str = env("JIESU_HOST")
JIESU_PORT: int = env("JIESU_PORT")
JIESU_WORKERS: int = max(1, env("JIESU_WORKERS"))
JIESU_THREADS: int = max(1, env("JIESU_THREADS"))
JIESU_LOOPS: list[str] = env("JIESU_LOOPS")
JIESU_METRICS_FROM: list[str] = env("JIESU_METRICS_FROM")
if IN_PRODUCTION and not os.environ.get("JIESU_ALLOWED_HOSTS", "").strip():
    raise ImproperlyConfigured(
        "JIESU_ALLOWED_HOSTS is not set: name the host names people use, such as "
        "12345.example.gov.cn. 生产环境必须设置 JIESU_ALLOWED_HOSTS。"
    )
# "127.0.0.1" stays, so that health checks and Prometheus on this machine are answered.
ALLOWED_HOSTS = [*env("JIESU_ALLOWED_HOSTS"), *(["127.0.0.1"] if IN_PRODUCTION else [])]
CSRF_TRUSTED_ORIGINS = env("JIESU_TRUSTED_ORIGINS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = JIESU_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = env("JIESU_HSTS_SECONDS") if JIESU_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if JIESU_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
    }
}
# Of a request without its files. Attachments have limits of their own where they are checked.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o640

# --- language and time ---------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# --- files ---------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
# A name with a hash in it, Django's or the bundler's, never changes its content.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.+[.-]([0-9a-f]{12}|[0-9A-Z]{8})\.\w+$"
MEDIA_ROOT = VAR / "media"
MEDIA_URL = "/media/"  # nothing is served there: attachments pass a view that asks for permission
_s3_bucket = env("JIESU_S3_BUCKET")
STORAGES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": _s3_bucket,
                "endpoint_url": env("JIESU_S3_ENDPOINT") or None,
                "region_name": env("JIESU_S3_REGION") or None,
                "access_key": env("JIESU_S3_ACCESS_KEY") or None,
                "secret_key": env("JIESU_S3_SECRET_KEY") or None,
                "default_acl": None,
                "file_overwrite": False,
                "querystring_auth": True,
            },
        }
        if _s3_bucket
        else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    ),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- mail ----------------------------------------------------------------------------------------

EMAIL_HOST = env("JIESU_SMTP_HOST")
EMAIL_PORT = env("JIESU_SMTP_PORT")
EMAIL_HOST_USER = env("JIESU_SMTP_USER")
EMAIL_HOST_PASSWORD = env("JIESU_SMTP_PASSWORD")
EMAIL_USE_TLS = env("JIESU_SMTP_SECURITY") == "starttls"
EMAIL_USE_SSL = env("JIESU_SMTP_SECURITY") == "tls"
EMAIL_TIMEOUT = 15
EMAIL_FILE_PATH = VAR / "mail"
JIESU_LLM_URL: str = env("JIESU_LLM_URL")
JIESU_LLM_MODEL: str = env("JIESU_LLM_MODEL")
JIESU_LLM_KEY: str = env("JIESU_LLM_KEY")
JIESU_LLM_SECONDS: int = max(1, env("JIESU_LLM_SECONDS"))
JIESU_SITE: str = env("JIESU_SITE").rstrip("/")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("JIESU_MAIL_FROM")
if EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
elif IN_PRODUCTION:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"

# --- background work -----------------------------------------------------------------------------

# Nothing is set for CACHES: each process keeps its own, and only counts of tabs, for seconds. What
# must hold for all processes together stands in the database (journal.tries, sign-in, sessions).
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# --- logs ----------------------------------------------------------------------------------------

# To standard error only; the machine's journal keeps them. Never by mail: Django's error mails
# carry what the person typed. "axes" names accounts and addresses, which belong in the audit.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "jiesu.config.logs.MaskingFormatter",
            "fmt": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env("JIESU_LOG_LEVEL")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.db.backends": {"level": "INFO"},  # statements carry what people wrote
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "axes": {"level": "CRITICAL"},
        "fontTools": {"level": "WARNING"},
    },
}
