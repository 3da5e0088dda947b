"""One job: a network is trained and kept, opened again, run in NumPy and compared."""
