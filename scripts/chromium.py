"""Finds a Chromium for the journeys, or installs Debian's, with a font that has Chinese.

    python scripts/chromium.py       print its path

CHROMIUM names another one. Standard library only.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from postgres import Unavailable, apt_install

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_HINT = (
    "Chromium and a Chinese font are needed for this step.\n"
    "  Debian/Ubuntu: sudo apt-get install chromium fonts-noto-cjk\n"
    "  Fedora/RHEL:   sudo dnf install chromium google-noto-sans-cjk-fonts\n"
    "  elsewhere:     set CHROMIUM to the path of a Chrome or Chromium\n"
    "需要 Chromium 浏览器和中文字体，请按上面的命令安装后重试。"
)
# Without a window, as root too, and without asking anything of the network.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> str | None:
    """The path of a Chromium, or None."""
    said = os.environ.get("CHROMIUM")
    if said:
        return said if Path(said).exists() else None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def has_chinese_font() -> bool:
    """Whether the machine can show Chinese."""
    if not shutil.which("fc-list"):
        return False
    said = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(said.stdout.strip())


def ensure_font() -> None:
    """A font that has Chinese, for papers as PDF: there, or installed, or a clear refusal."""
    if not has_chinese_font():
        apt_install("fontconfig", "fonts-noto-cjk")
    if not has_chinese_font():
        raise Unavailable(INSTALL_HINT)


def ensure() -> str:
    """A Chromium that shows Chinese: found, or installed, or a clear refusal."""
    path = find()
    if path is None or not has_chinese_font():
        apt_install("chromium", "fontconfig", "fonts-noto-cjk")
        path = find()
    if path is None or not has_chinese_font():
        raise Unavailable(INSTALL_HINT)
    return path


if __name__ == "__main__":
    try:
        print(ensure())
    except Unavailable as missing:
        sys.exit(str(missing))
