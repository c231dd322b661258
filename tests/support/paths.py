"""Where things are that tests read: the repository, its tests, and the evaluation data."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
DEPLOY = ROOT / "deploy"
#: The evaluation data; a checkout without it passes its tests all the same.
SHARED = Path(os.environ.get("BORDERWIRE_SHARED", ROOT.parent / "shared"))
