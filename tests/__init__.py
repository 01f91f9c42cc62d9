"""The tests. Their folders mirror the packages and folders that they test."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
