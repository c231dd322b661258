"""`python -m deploy.cli` is the same as `borderwire`."""

import sys

from deploy.cli.parser import main

sys.exit(main())
