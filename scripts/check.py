"""Everything that checks the project, one step after the other; a failure does not stop the rest.

    python scripts/check.py all      what `make test` runs
    python scripts/check.py quick    without the tests
    python scripts/check.py lint     linter and formatter only
    python scripts/check.py format   put the formatting right
    python scripts/check.py docs     write the generated pages and tables
    python scripts/check.py sqlite | postgresql | journeys    one run of the tests

Runs inside the environment (scripts/bootstrap.py exec). Prints each step's time, the output of what
failed, and a summary; the exit code tells whether all passed.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import chromium  # noqa: E402
import postgres  # noqa: E402

BIN = Path(sys.executable).parent
PYTHON = str(BIN / "python")
PYTHON_FOLDERS = ["src", "tests", "scripts", "bench"]
TEMPLATES = "src/jiesu/**/templates/**/*.html"
# Links that cannot be looked up here, and code that looks like one.
LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
FRAGMENT = re.compile(r"^[\w+.-]+\.(added|changed|fixed|removed|security)(\.\d+)?\.md$")

Step = tuple[str, Callable[[], bool]]


def command(*argv: str, env: dict[str, str] | None = None, loud: bool = False) -> bool:
    """Run one command from the project's root; quiet unless it fails."""
    program = BIN / argv[0]
    argv = (str(program), *argv[1:]) if program.exists() else argv
    environment = {**os.environ, **(env or {})}
    if loud:
        return subprocess.run(argv, cwd=ROOT, env=environment, check=False).returncode == 0
    done = subprocess.run(
        argv, cwd=ROOT, env=environment, check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        print(done.stdout)
    return done.returncode == 0


def python_folders() -> list[str]:
    return [folder for folder in PYTHON_FOLDERS if any((ROOT / folder).rglob("*.py"))]


def templates() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(TEMPLATES))


def ruff() -> bool:
    return command("ruff", "check", *python_folders())


def formatted() -> bool:
    return command("ruff", "format", "--check", *python_folders())


def mypy() -> bool:
    return command("mypy")


def contracts() -> bool:
    return command("lint-imports", "--no-logo") if _knows_no_logo() else command("lint-imports")


def _knows_no_logo() -> bool:
    said = subprocess.run(
        [str(BIN / "lint-imports"), "--help"], capture_output=True, text=True, check=False
    )
    return "--no-logo" in said.stdout


def migrations() -> bool:
    return command("python", "-m", "jiesu", "makemigrations", "--check", "--dry-run")


def system() -> bool:
    return command("python", "-m", "jiesu", "check", "--fail-level", "WARNING")


def indented() -> bool:
    files = templates()
    return not files or command("djhtml", "--check", "--tabwidth", "2", *files)


def docs() -> bool:
    """Relative links lead somewhere; changelog fragments have a name towncrier takes."""
    wrong: list[str] = []
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")]
    for page in pages:
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            for target in LINK.findall(line):
                path = target.partition("#")[0]
                elsewhere = not path or "://" in path or path.startswith("mailto:")
                if not elsewhere and not (page.parent / path).exists():
                    wrong.append(f"{page.relative_to(ROOT)}:{number}: {target} leads nowhere")
    for fragment in (ROOT / "changes").glob("*"):
        if fragment.name not in {"README.md", ".gitkeep"} and not FRAGMENT.match(fragment.name):
            wrong.append(f"changes/{fragment.name}: should be like 2.added.md")
    print("\n".join(wrong), end="\n" if wrong else "")
    return not wrong


def pytest(title: str, *argv: str, env: dict[str, str] | None = None) -> bool:
    print(f"\n--- {title}", flush=True)
    jobs = os.environ.get("TEST_JOBS", "2")
    return command("pytest", "-q", "-n", jobs, *argv, env=env, loud=True)


def sqlite() -> bool:
    try:
        chromium.ensure_font()
    except postgres.Unavailable as missing:
        print(missing)
        return False
    return pytest("unit tests on SQLite", "-m", "not journey", env={"JIESU_DATABASE_URL": ""})


def postgresql() -> bool:
    try:
        with postgres.cluster() as url:
            return pytest(
                "unit tests on PostgreSQL", "-m", "not journey", env={"JIESU_DATABASE_URL": url}
            )
    except postgres.Unavailable as missing:
        print(missing)
        return False


def journeys() -> bool:
    if not any((ROOT / "tests" / "journeys").rglob("test_*.py")):
        print("there are no journeys yet")
        return True
    try:
        path = chromium.ensure()
    except postgres.Unavailable as missing:
        print(missing)
        return False
    return pytest(
        "journeys in Chromium", "-m", "journey", "tests/journeys",
        env={"CHROMIUM": path, "JIESU_DATABASE_URL": ""},
    )  # fmt: skip


LINT: list[Step] = [("ruff check", ruff), ("ruff format", formatted)]
QUICK: list[Step] = [
    *LINT,
    ("mypy", mypy),
    ("import contracts", contracts),
    ("system checks", system),
    ("migrations match models", migrations),
    ("templates' indentation", indented),
    ("docs", docs),
]
TESTS: dict[str, list[Step]] = {
    "sqlite": [("unit tests on SQLite", sqlite)],
    "postgresql": [("unit tests on PostgreSQL", postgresql)],
    "journeys": [("journeys in Chromium", journeys)],
}


def run_steps(steps: list[Step]) -> int:
    results: list[tuple[str, bool, float]] = []
    for name, step in steps:
        print(f"… {name}", flush=True)
        began = time.monotonic()
        passed = step()
        results.append((name, passed, time.monotonic() - began))
        print(f"{'ok' if passed else 'FAILED'}: {name} ({results[-1][2]:.0f} s)", flush=True)
    print("\nSummary")
    for name, passed, took in results:
        print(f"  {'ok    ' if passed else 'FAILED'}  {took:5.0f} s  {name}")
    failed = [name for name, passed, _ in results if not passed]
    print(f"Checks failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


GENERATED = {  # page: the command that prints it
    "docs/settings.md": ["jiesu.config.env"],
    "docs/lifecycle.md": ["jiesu", "lifecycle"],
    "docs/api/openapi.json": ["jiesu", "openapi"],
}


def write_docs() -> int:
    for page, printing in GENERATED.items():
        argv = [PYTHON, "-m", *printing]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
        (ROOT / page).write_text(done.stdout, encoding="utf-8")
    return 0 if command("python", "-m", "tests.contracts.tables") else 1


def write_format() -> int:
    good = command("ruff", "check", "--fix", *python_folders())
    good = command("ruff", "format", *python_folders()) and good
    files = templates()
    if files:
        command("djhtml", "--tabwidth", "2", *files)
    return 0 if good else 1


def main() -> int:
    asked = sys.argv[1] if len(sys.argv) == 2 else ""
    if asked == "format":
        return write_format()
    if asked == "docs":
        return write_docs()
    groups = {
        "lint": LINT,
        "quick": QUICK,
        "all": [*QUICK, *(step for steps in TESTS.values() for step in steps)],
        **TESTS,
    }
    if asked not in groups:
        print(__doc__)
        return 2
    return run_steps(groups[asked])


if __name__ == "__main__":
    sys.exit(main())
