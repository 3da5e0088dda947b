"""A fixture for tests that name this file as a plugin: neither mirror, nor cache, nor network."""

import pytest


@pytest.fixture
def offline(monkeypatch, tmp_path):
    monkeypatch.delenv("KACA_DATA_DIR", raising=False)
    monkeypatch.setenv("KACA_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
