"""How fast Kaca is, beside what it stands in for: `python -m bench`, or `nox -s bench`."""
