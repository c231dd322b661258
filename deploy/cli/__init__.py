"""The `borderwire` command: the parser and the commands."""

from deploy.cli.parser import main

__all__ = ["main"]
