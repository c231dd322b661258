"""Finds statements (who said what) in English and Spanish text."""

from pipelines.statements.extract import extract

__all__ = ["extract"]
