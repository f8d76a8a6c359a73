"""The benchmarks of the operator: `bench/run` and `bench/check`."""
