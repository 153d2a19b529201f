"""Words can be read: WCAG AA for every pair of ink and ground the tokens allow."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[3] / "frontend/css/_tokens.scss"
GROUNDS = ("surface", "ground", "surface-2")
INKS = ("ink", "ink-2", "accent", "red", "amber", "green")
PAIRS = [
    *((ink, ground) for ink in INKS for ground in GROUNDS),
    ("ink-3", "surface"),
    ("ink-3", "ground"),
    *((tone, f"{tone}-soft") for tone in ("red", "amber", "green", "grey", "accent")),
    *(("ink", f"{tone}-soft") for tone in ("red", "amber", "green", "accent")),
    ("on-accent", "accent-fill"),
    ("on-accent", "accent-fill-strong"),
    ("nav-ink", "nav"),
    ("nav-ink-2", "nav"),
    ("nav-ink", "nav-now"),
    ("ink", "mark"),
]  # fmt: skip


def tokens(theme: str) -> dict[str, str]:
    block = re.search(rf"@mixin {theme} {{(.*?)\n}}", TOKENS.read_text(), re.DOTALL)
    assert block
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block[1]))


def light(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_ink_on_its_ground_has_a_contrast_of_four_and_a_half(
    theme: str, ink: str, ground: str
) -> None:
    named = tokens(theme)

    lights = sorted((light(named[ink]), light(named[ground])))
    contrast = (lights[1] + 0.05) / (lights[0] + 0.05)

    assert contrast >= 4.5, f"{ink} on {ground} ({theme}): {contrast:.2f}"
