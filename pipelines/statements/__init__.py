"""Who said what: statements in English and Spanish text."""

from pipelines.statements.extract import extract

__all__ = ["extract"]
