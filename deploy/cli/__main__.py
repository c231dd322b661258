"""`python -m deploy.cli` is `borderwire`."""

import sys

from deploy.cli.parser import main

sys.exit(main())
