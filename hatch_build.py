"""Builds the front end with npm when a wheel or an sdist is made and `runware_nb/static/` is empty.

An sdist carries what was built, so a wheel made from it needs no Node. An editable install builds nothing:
developers run `npm ci && npm run build` themselves.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = 20
"""Oldest major version of Node that builds the front end."""

ADVICE = (
    f"runware_nb needs Node {NODE}+ with npm to build its front end: {{}}. Install Node or use a wheel of runware_nb."
)


class FrontEnd(BuildHookInterface[Any]):
    """Runs `npm ci && npm run build`, or stops the build with one line that says what is missing."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build before hatchling collects files."""
        built = Path(self.root, "runware_nb", "static", "manifest.json").exists()
        if version == "editable" or built:
            return
        npm = shutil.which("npm")
        if problem := _problem(npm):
            self.app.abort(ADVICE.format(problem))
        for arguments in (["ci"], ["run", "build"]):
            done = subprocess.run([str(npm), *arguments], cwd=self.root, check=False)  # noqa: S603
            if done.returncode:
                self.app.abort(f"`npm {' '.join(arguments)}` failed; its own words are above.")


def _problem(npm: str | None) -> str | None:
    """Say what keeps npm from building, if anything does."""
    node = shutil.which("node")
    if node is None or npm is None:
        return f"{'node' if node is None else 'npm'} is not on PATH"
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.match(r"v(\d+)\.", answer.stdout)
    if found is None or int(found[1]) < NODE:
        return f"found Node {answer.stdout.strip() or 'that does not start'}"
    return None
