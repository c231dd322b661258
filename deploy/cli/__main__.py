"""`python -m deploy.cli` is `borderwire`."""
import sys

from deploy.cli import main

sys.exit(main())
