"""What `./dev demo` runs: native kernels doing real work for Python, beside the alternatives."""
