"""Every ``JIESU_*`` setting, declared once: name, type, default and reason.

``settings.py`` reads them with ``env("JIESU_...")``. docs/settings.md is written from this list
(``python -m jiesu.config.env > docs/settings.md``) and a test holds the two together.
No Django here: a wrong value is refused before anything else is loaded.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class WrongSetting(Exception):
    """A setting that is missing or cannot be read; the sentence says which, and what to do."""


def boolean(text: str) -> bool:
    """``1``/``0``, ``yes``/``no``, ``true``/``false``, ``on``/``off``."""
    low = text.lower()
    if low in {"1", "yes", "true", "on"}:
        return True
    if low in {"0", "no", "false", "off", ""}:
        return False
    raise ValueError("1 or 0")


def whole(text: str) -> int:
    """A whole number, not negative."""
    number = int(text) if text.isascii() and text.isdigit() else -1
    if number < 0:
        raise ValueError("a whole number")
    return number


def port(text: str) -> int:
    """A TCP port."""
    number = whole(text)
    if not 0 < number < 65536:
        raise ValueError("a port between 1 and 65535")
    return number


def words(text: str) -> list[str]:
    """A list, separated by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def one_of(*choices: str) -> Callable[[str], str]:
    """A reader that takes only these words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text

    read.__name__ = " / ".join(f"`{choice}`" for choice in choices)
    return read


KINDS: Mapping[Any, str] = {
    str: "text",
    boolean: "1 or 0",
    whole: "number",
    port: "port",
    words: "list, comma-separated",
}


@dataclass(frozen=True)
class Setting:
    """One setting: how it is read, what it is when absent, and why it exists."""

    name: str
    read: Callable[[str], Any]
    default: str | None  # the text that would be set; None: depends, see ``absent``
    reason: str
    absent: str = ""  # what applies when it is not set, in words
    secret: bool = False


SECTIONS: dict[str, list[Setting]] = {
    "The installation": [
        Setting(
            "JIESU_ENV", one_of("development", "production"), "development",
            "What kind of installation this is. `production` refuses to run without its secrets "
            "and speaks HTTPS only; `development` makes its own secrets in the data folder and "
            "answers to this machine only.",
        ),
        Setting(
            "JIESU_DEBUG", boolean, "0",
            "Show defects with their source in the browser. For developers; refused in production, "
            "because such a page shows what is in memory.",
        ),
        Setting(
            "JIESU_VAR", str, None,
            "The folder of everything the installation writes itself: the SQLite database, "
            "attachments, search index, collected static files, keys.",
            absent="`var/` in a source checkout, else `~/.local/share/jiesu`",
        ),
        Setting(
            "JIESU_SECRET_KEY", str, None,
            "Signs sessions and forms. At least 50 random characters; the same on every web host. "
            "A new one signs everybody out and does no other harm.",
            absent="required in production; in development made once in `secret-key` in the data "
            "folder", secret=True,
        ),
        Setting(
            "JIESU_KEY_FILE", str, None,
            "The file of keys that personal data is encrypted with. Without it personal data is "
            "lost, so it is backed up apart from the database.",
            absent="`keys.json` in the data folder; made on first use in development only",
        ),
        Setting(
            "JIESU_DATA", str, "",
            "A folder of reference data (division codes, calendars) to load instead of what the "
            "package brings.",
        ),
        Setting(
            "JIESU_LOG_LEVEL", one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO",
            "What is worth a line in the log. Phone and identity numbers are masked at any level.",
        ),
    ],
    "Web": [
        Setting("JIESU_HOST", str, "127.0.0.1",
                "The address to listen on. Keep it on this machine and put a reverse proxy in "
                "front."),
        Setting("JIESU_PORT", port, "8000",
                "The port to listen on. `PORT` and `jiesu serve --port` choose another one for one "
                "start."),
        Setting("JIESU_WORKERS", whole, "2",
                "Web worker processes. As many as cores is a good start; each takes about 120 MB."),
        Setting("JIESU_THREADS", whole, "4",
                "Threads per worker: how many requests one worker has in hand while others wait "
                "for the database."),
        Setting("JIESU_ALLOWED_HOSTS", words, "localhost,127.0.0.1,[::1]",
                "The host names the installation answers to. Required in production: a wrong "
                "`Host` header must not end up in a link."),
        Setting("JIESU_TRUSTED_ORIGINS", words, "",
                "Further origins (`https://…`) whose forms are accepted; needed only where the "
                "proxy changes the host name or port."),
        Setting("JIESU_HTTPS", boolean, None,
                "People reach it by HTTPS: cookies are sent by HTTPS only and plain HTTP is "
                "redirected.", absent="1 in production, 0 in development"),
        Setting("JIESU_HSTS_SECONDS", whole, "31536000",
                "How long a browser insists on HTTPS (with `JIESU_HTTPS`). Lower it while trying "
                "out a certificate."),
        Setting("JIESU_PROXIES", whole, None,
                "How many reverse proxies stand in front. That many entries at the end of "
                "`X-Forwarded-For` are believed, and `X-Forwarded-Proto`; with 0, none. A wrong "
                "number lets a client choose its own address in the audit.",
                absent="1 in production, 0 in development"),
        Setting("JIESU_METRICS_FROM", words, "127.0.0.0/8,::1",
                "Networks that may read `/metrics` and the details of `/readyz`; for everybody "
                "else `/metrics` does not exist."),
    ],
    "Signing in": [
        Setting("JIESU_SESSION_MINUTES", whole, "30",
                "An idle session ends after this time. Pages that refresh themselves do not count "
                "as activity."),
        Setting("JIESU_LOCKOUT_TRIES", whole, "5",
                "Wrong passwords in a row before an account is locked for a while."),
        Setting("JIESU_LOCKOUT_MINUTES", whole, "15", "How long it is locked."),
        Setting("JIESU_PASSWORD_DAYS", whole, "90",
                "A password older than this must be changed at sign-in (等保三级); 0: never."),
    ],
    "Database": [
        Setting("JIESU_DATABASE_URL", str, None,
                "`postgresql://user:password@host:5432/name` (15 or newer), or "
                "`sqlite:////path/file`. SQLite serves one machine; PostgreSQL many.",
                absent="an SQLite file `jiesu.sqlite3` in the data folder", secret=True),
        Setting("JIESU_DATABASE_POOL", whole, "8",
                "PostgreSQL connections each process keeps at most; 0 turns the pool off, for an "
                "external one (pgbouncer in transaction mode)."),
    ],
    "Background loops": [
        Setting("JIESU_LOOPS", words,
                "deadlines,delivery,sealing,tasks,mail,news,supervision,topics,scoring",
                "The loops `jiesu serve` keeps running. Several hosts may run the same loops: they "
                "claim rows, nothing is done twice."),
    ],
    "Mail": [
        Setting("JIESU_SMTP_HOST", str, "",
                "The mail server for notices by e-mail. Without one no mail is sent; in "
                "development mails are written to `mail/` in the data folder."),
        Setting("JIESU_SMTP_PORT", port, "587", "Its port."),
        Setting("JIESU_SMTP_SECURITY", one_of("starttls", "tls", "none"), "starttls",
                "How the connection is encrypted: `tls` from the first byte (port 465), `none` "
                "only for a relay on the same machine."),
        Setting("JIESU_SMTP_USER", str, "", "The account to sign in with, if any."),
        Setting("JIESU_SMTP_PASSWORD", str, "", "Its password.", secret=True),
        Setting("JIESU_SITE", str, "",
                "The address people open, such as `https://12345.example.gov.cn`: mails link to "
                "it. Without it they name the order only."),
        Setting("JIESU_MAIL_FROM", str, "noreply@localhost", "The sender of every mail."),
    ],
    "Language model": [
        Setting("JIESU_LLM_URL", str, "",
                "An OpenAI-compatible endpoint in the institution's own network, up to `/v1`, that "
                "may draft titles, summaries and replies as suggestions. Empty: off. Personal data "
                "is covered before sending; every question and answer stands in the audit."),
        Setting("JIESU_LLM_MODEL", str, "", "The model's name there."),
        Setting("JIESU_LLM_KEY", str, "", "Its key, where it wants one.", secret=True),
        Setting("JIESU_LLM_SECONDS", whole, "15",
                "How long an answer is waited for; a web thread waits along."),
    ],
    "Attachments on S3": [
        Setting("JIESU_S3_BUCKET", str, "",
                "Keep attachments in this S3 bucket instead of on the local disk; several web "
                "hosts need it. Install the extra: `jiesu[s3]`."),
        Setting("JIESU_S3_ENDPOINT", str, "",
                "The address of an S3 service that is not Amazon's (MinIO, OBS, OSS, COS…)."),
        Setting("JIESU_S3_REGION", str, "", "Its region, where the service wants one."),
        Setting("JIESU_S3_ACCESS_KEY", str, "", "The key's name.", secret=True),
        Setting("JIESU_S3_SECRET_KEY", str, "", "The key's secret.", secret=True),
    ],
}  # fmt: skip
BY_NAME = {setting.name: setting for group in SECTIONS.values() for setting in group}


def env(name: str) -> Any:
    """The value of a declared setting, or None when it is not set and its default depends.

    Refuses a value that cannot be read, by name.
    """
    setting = BY_NAME[name]
    text = os.environ.get(name, "").strip() or setting.default
    if text is None:
        return None
    try:
        return setting.read(text)
    except ValueError as wrong:
        shown = "its value" if setting.secret else repr(text)
        raise WrongSetting(
            f"{name} should be {wrong}, not {shown}. 设置 {name} 的值无效。See docs/settings.md."
        ) from None


def unknown() -> list[str]:
    """``JIESU_*`` variables that nothing reads: most likely a slip of the pen."""
    return sorted(name for name in os.environ if name.startswith("JIESU_") and name not in BY_NAME)


def as_markdown() -> str:
    """The text of docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Every setting is an environment variable. This page is written from",
        "`src/jiesu/config/env.py` by `python -m jiesu.config.env > docs/settings.md`.",
        "Nothing needs to be set to try Jiesu on your own machine; what production needs is in",
        "[how-to/deploy](how-to/deploy/README.md).",
    ]
    for title, settings in SECTIONS.items():
        lines += ["", f"## {title}", "", "| Setting | Type | Default | Why |", "|---|---|---|---|"]
        for s in settings:
            kind = KINDS.get(s.read) or s.read.__name__
            default = s.absent or (f"`{s.default}`" if s.default else "empty")
            secret = " Secret." if s.secret else ""
            lines.append(f"| `{s.name}` | {kind} | {default} | {s.reason}{secret} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
