"""The benchmark's child side: one exact workload, run through the use cases that people use, verified from outside."""
