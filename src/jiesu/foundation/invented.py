"""Whether what an installation shows is invented: the demo and the simulation leave a sign."""

from pathlib import Path

MARK = "演示数据"
_FILE = "demo"


def sign(folder: Path) -> None:
    """This will say of the installation whose data folder this is that its data is invented."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _FILE).write_text(f"{MARK}\n", encoding="utf-8")


def is_signed(folder: Path) -> bool:
    """Whether the sign is there; cheap enough to ask for every page."""
    return (folder / _FILE).exists()
