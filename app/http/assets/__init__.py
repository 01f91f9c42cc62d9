"""Files that the pages load: addresses that browsers may cache for good, and bundles of modules and style sheets.

It may import what app.http may.
"""
