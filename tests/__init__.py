"""The tests, in folders that mirror the packages they test."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
