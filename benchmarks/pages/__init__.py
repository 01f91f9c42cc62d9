"""Measurements of the pages in a browser: response times, and the scores of Lighthouse."""
