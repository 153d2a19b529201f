"""Where the built style sheet and scripts lie (scripts/build_frontend.py writes the manifest)."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

MANIFEST = Path(__file__).resolve().parents[1] / "static/dist/manifest.json"


@lru_cache(maxsize=2)
def _read(modified: int) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(MANIFEST.read_text())
    return manifest


@lru_cache(maxsize=1)
def _once() -> dict[str, Any]:
    return _read(0) if MANIFEST.is_file() else {}


def manifest() -> dict[str, Any]:
    """Real names by plain names; read anew in DEBUG whenever the bundle was built again."""
    if not settings.DEBUG:
        return _once()
    return _read(MANIFEST.stat().st_mtime_ns) if MANIFEST.is_file() else {}


def address(name: str) -> str:
    """The URL of one file of the bundle: its own name already carries a hash of its content."""
    return f"{settings.STATIC_URL}dist/{manifest().get(name, name)}"


def preloads() -> list[str]:
    """The URLs of what the script imports at once."""
    return [f"{settings.STATIC_URL}dist/{name}" for name in manifest().get("app.js preload", [])]
