"""The client beside the libraries that do the same in the process.

`python -m benchmarks.pairwise` holds it to its bar; the demo shows the same contenders. From the
repository's root, with this package's parent on PYTHONPATH.
"""
