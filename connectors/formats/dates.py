"""Dates of feeds: read as those of pages are (schemas/dates.py)."""
from schemas.dates import parse_date as parse_date
