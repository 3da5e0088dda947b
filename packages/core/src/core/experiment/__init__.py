"""The harness around a trainer: jobs, comparison with Keras, provenance, and the report."""
