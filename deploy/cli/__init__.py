"""The `borderwire` command: its parser, and what each command does."""

from deploy.cli.parser import main

__all__ = ["main"]
