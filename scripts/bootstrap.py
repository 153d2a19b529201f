"""From a bare clone to a running Jiesu: finds Python, makes the locked environment, starts.

    python3 scripts/bootstrap.py run [--port N]   what `make run` does
    python3 scripts/bootstrap.py env [--dev]      the environment (and the browser's bundle) only
    python3 scripts/bootstrap.py exec CMD...      a command inside the environment, with dev tools

Standard library only, and written so that an old Python (3.6) can read it far enough to say that
it is too old. What is up to date is skipped. A trouble gets one sentence; details go to
var/bootstrap.log.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
VAR = ROOT / "var"
TOOLS = VAR / "tools"
LOG = VAR / "bootstrap.log"
STAMP = ENVIRONMENT / ".jiesu-stamp"
OLDEST, NEWEST = (3, 11), (3, 13)
OLDEST_UV = (0, 8)
OLDEST_NODE = 20
SPACE = 1500 * 1024 * 1024  # what a first start needs, caches included
LITTLE_SPACE = 50 * 1024 * 1024

NO_SPACE = re.compile(r"No space left|os error 28|ENOSPC|Errno 28|disk (is )?full", re.IGNORECASE)
NO_NETWORK = re.compile(
    r"dns error|error sending request|failed to lookup|Temporary failure in name|ENOTFOUND|"
    r"EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|NewConnectionError|Network is unreachable|"
    r"Could not connect|Connection refused|timed out|tunnel|ProxyError|Failed to fetch|"
    r"No matching distribution found for uv",
    re.IGNORECASE,
)


class Trouble(Exception):
    """Something a person can put right; the text is the one sentence they get."""


def main(argv):
    command = argv[0] if argv else "run"
    rest = argv[1:]
    VAR.mkdir(exist_ok=True)
    if command == "run":
        make_environment(dev=False)
        build_bundle()
        port = []
        if rest[:1] == ["--port"]:
            port = ["--port", rest[1]] if rest[1:] and rest[1] else []
        os.environ.setdefault("JIESU_LOG_LEVEL", "WARNING")  # the address stays in sight
        os.environ.setdefault("JIESU_WORKERS", "1")  # starts twice as fast on a small machine
        be_jiesu("serve", "--prepare", *port)
    elif command == "env":
        make_environment(dev="--dev" in rest)
        build_bundle()
    elif command == "exec" and rest:
        make_environment(dev=True)
        build_bundle()
        become([str(ENVIRONMENT / "bin" / rest[0]), *rest[1:]])
    else:
        raise Trouble(__doc__.strip())


def be_jiesu(*arguments):
    """Become the ``jiesu`` command."""
    become([str(ENVIRONMENT / "bin" / "python"), "-m", "jiesu", *arguments])


def become(argv):
    """Replace this process, so that signals reach the program and nothing stands between."""
    sys.stdout.flush()
    os.environ["PATH"] = str(ENVIRONMENT / "bin") + os.pathsep + os.environ.get("PATH", "")
    os.execv(argv[0], argv)


# --- Python --------------------------------------------------------------------------------------


def version_of(program):
    """The version of a Python as (3, 11), or None where it does not run."""
    try:
        done = subprocess.run(
            [program, "-c", "import sys; print(*sys.version_info[:2])"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
            check=False,
        )
        return tuple(int(part) for part in done.stdout.split()) or None
    except (OSError, ValueError):
        return None


def fitting_python():
    """A Python that Jiesu runs on: this one, or another one on PATH."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    names = ["python3.%d" % minor for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]  # noqa: UP031
    for name in [*names, "python3", "python"]:
        found = shutil.which(name)
        version = version_of(found) if found else None
        if version and OLDEST <= version <= NEWEST:
            return found
    raise Trouble(
        "Jiesu needs Python 3.11, 3.12 or 3.13; this is Python {}.{} and no other was found on "
        "PATH. Install one (Debian/Ubuntu: sudo apt-get install python3.11 python3.11-venv), or "
        "name it: make run PYTHON=/path/to/python3.12\n"
        "接诉需要 Python 3.11–3.13，请安装后重试。".format(*sys.version_info[:2])
    )


# --- the environment -----------------------------------------------------------------------------


def make_environment(dev):
    """Make .venv what uv.lock says; nothing when it is so already."""
    wanted = locked_state()
    have = STAMP.read_text().split() if STAMP.exists() else []
    if have[:1] == [wanted] and (not dev or "dev" in have):
        return
    check_space()
    python = fitting_python()
    say(
        "Making the environment (the first time this takes a minute or two)… "
        "正在准备运行环境，首次约需一两分钟…"
    )
    uv = find_uv() or get_uv(python)
    groups = (
        ["--all-groups"] if dev else ["--no-dev", *([] if has_node() else ["--group", "build"])]
    )
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1")
    environment.pop("VIRTUAL_ENV", None)
    environment["UV_PROJECT_ENVIRONMENT"] = str(ENVIRONMENT)
    with contextlib.suppress(OSError):
        STAMP.unlink()
    mirror = index_mirror(python)
    if mirror:
        install_from(mirror, uv, python, groups, environment)
    else:
        inexact = [] if dev else ["--inexact"]  # what a developer has in there may stay
        run([uv, "sync", "--locked", "--python", python, *groups, *inexact], environment)
    STAMP.write_text(wanted + (" dev" if dev else "") + "\n")


def locked_state():
    """A digest of everything the environment is made from."""
    digest = hashlib.sha256()
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def has_node():
    """Whether the machine has a node that can build the bundle."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    said = subprocess.run(
        [node, "--version"], stdout=subprocess.PIPE, universal_newlines=True, check=False
    ).stdout
    version = re.match(r"v(\d+)", said)
    return bool(version) and int(version.group(1)) >= OLDEST_NODE


def find_uv():
    """A recent uv on PATH, or the one we got before."""
    for found in (shutil.which("uv"), str(TOOLS / "bin" / "uv")):
        if found and Path(found).exists():
            said = subprocess.run(
                [found, "--version"],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                universal_newlines=True,
                check=False,
            ).stdout
            version = re.search(r"(\d+)\.(\d+)", said)
            if version and (int(version.group(1)), int(version.group(2))) >= OLDEST_UV:
                return found
    return None


def get_uv(python):
    """Get uv into a small environment of its own."""
    without_pip = subprocess.run(
        [python, "-c", "import ensurepip, venv"], stderr=subprocess.DEVNULL, check=False
    ).returncode
    if without_pip:
        install_venv(python)
    run([python, "-m", "venv", "--clear", str(TOOLS)])
    run([str(TOOLS / "bin" / "python"), "-m", "pip", "install", "--quiet",
         "--disable-pip-version-check", "uv>={}.{}".format(*OLDEST_UV)])  # fmt: skip
    return str(TOOLS / "bin" / "uv")


def install_venv(python):
    """Debian's Python comes without venv; root gets it, others are told."""
    package = "python{}.{}-venv".format(*version_of(python))
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing Debian's package {package}…")
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        run(["apt-get", "-q", "update"], environment, may_fail=True)
        run(["apt-get", "-q", "install", "-y", "--no-install-recommends", package], environment)
    else:
        raise Trouble(
            "This Python lacks its venv module. Install it and try again: "
            f"sudo apt-get install {package}\n缺少 venv 模块，请先安装 {package}。"
        )


def index_mirror(python):
    """The package index this machine is set up to use instead of PyPI, if any."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if os.environ.get(name):
            return os.environ[name]
    said = subprocess.run(
        [python, "-m", "pip", "config", "get", "global.index-url"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        universal_newlines=True,
        check=False,
    )
    return said.stdout.strip() if said.returncode == 0 else ""


def install_from(mirror, uv, python, groups, environment):
    """Install what uv.lock says, same hashes, from a mirror of PyPI."""
    requirements = VAR / "requirements.txt"
    environment["UV_DEFAULT_INDEX"] = mirror
    environment["VIRTUAL_ENV"] = str(ENVIRONMENT)
    run([uv, "export", "--frozen", "--quiet", "--no-emit-project", "--python", python, *groups,
         "-o", str(requirements)], environment)  # fmt: skip
    if version_of(str(ENVIRONMENT / "bin" / "python")) != version_of(python):
        run([uv, "venv", "--clear", "--python", python, str(ENVIRONMENT)], environment)
    run([uv, "pip", "install", "--require-hashes", "-r", str(requirements)], environment)
    run([uv, "pip", "install", "--no-deps", "-e", str(ROOT)], environment)


def build_bundle():
    """Build what the browser gets; the script itself skips what is up to date."""
    script = ROOT / "scripts" / "build_frontend.py"
    if not script.exists():
        return
    if not (ROOT / "src/jiesu/web/static/dist").exists():
        say("Building the pages' bundle… 正在构建前端资源…")
    run([str(ENVIRONMENT / "bin" / "python"), str(script)])


# --- help ----------------------------------------------------------------------------------------


def say(line):
    """Tell the person at the terminal, at once."""
    print(line)
    sys.stdout.flush()


def check_space():
    """Refuse to begin what the disk cannot hold."""
    first = not (ENVIRONMENT / "bin" / "python").exists()
    free = shutil.disk_usage(str(ROOT)).free
    if free < (SPACE if first else LITTLE_SPACE):
        raise Trouble(full(free))


def full(free=None):
    """The sentence about a full disk."""
    left = "" if free is None else f" ({free // 1024 // 1024} MB left)"
    return (
        f"The disk is full{left}: a first start needs about 1.5 GB in {ROOT} and in your package "
        "caches. Free some space and try again.\n磁盘空间不足，请清理后重试。"
    )


def run(argv, environment=None, may_fail=False):
    """Run a command quietly; a failure becomes one sentence, its output goes to the log."""
    try:
        done = subprocess.run(
            argv,
            cwd=str(ROOT),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as trouble:
        raise Trouble(f"{argv[0]} could not be started: {trouble.strerror}.") from None
    output = done.stdout.decode("utf-8", "replace")
    with contextlib.suppress(OSError), LOG.open("a", encoding="utf-8") as log:
        log.write("$ {}\n{}\n".format(" ".join(argv), output))
    if done.returncode == 0 or may_fail:
        return
    if NO_SPACE.search(output):
        raise Trouble(full())
    if NO_NETWORK.search(output):
        raise Trouble(
            "A package could not be fetched: no network, or no way to the package index. The "
            "first start needs it once; behind a proxy set HTTPS_PROXY, for a mirror set "
            "PIP_INDEX_URL. Details: var/bootstrap.log\n"
            "无法下载依赖包：请检查网络、代理（HTTPS_PROXY）或镜像（PIP_INDEX_URL）后重试。"
        )
    last = [line for line in output.splitlines() if line.strip()][-3:]
    raise Trouble(
        "{} failed: {}\nDetails: var/bootstrap.log 详情见日志。".format(
            " ".join(Path(part).name for part in argv[:3]), " / ".join(last)
        )
    )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Trouble as trouble:
        sys.stderr.write(f"jiesu: {trouble}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as trouble:
        sentence = full() if trouble.errno == 28 else f"{trouble.filename}: {trouble}"
        sys.stderr.write(f"jiesu: {sentence}\n")
        sys.exit(2)
