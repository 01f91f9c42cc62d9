"""Measures Inkling on Ray Serve, and calculates what a large number of users needs: `python -m benchmarks.cluster`.

The long tests of the cluster (`make cluster`) use the nodes of `local`, too.
"""
