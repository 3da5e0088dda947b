"""`python -m PACKAGE.run` in this process, and what holds in every package: mistakes are answered in one line."""

import json
import sys

import pytest
from light import run_light

from core.experiment.command import extras

CONTRACT = {"result.json", "history.json", "predictions.npz", "trace.json", "samples.json", "model.keras"}


def in_process(run, monkeypatch, tmp_path, *arguments):
    """Run the command of the module `run` in this process; return its exit status."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KACA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "argv", [run.__name__, *arguments, f"hydra.sweep.dir={tmp_path / 'sweep'}"])
    try:
        run.main()
    except SystemExit as end:
        return end.code
    return 0


def read(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


class CommandMistakes:
    """A subclass names its module `run`, and rows of arguments and what is said of them: by Kaca, and by Hydra."""

    def pytest_generate_tests(self, metafunc):
        for kind in {"mistake", "refused_by_hydra"} & set(metafunc.fixturenames):
            rows = {"mistake": self.mistakes, "refused_by_hydra": self.refused_by_hydra}[kind]
            metafunc.parametrize(kind, rows, ids=[" ".join(arguments) for *arguments, _ in rows])

    def test_a_mistake_is_answered_in_one_line(self, monkeypatch, tmp_path, capfd, offline, mistake):
        *arguments, message = mistake
        assert in_process(self.run, monkeypatch, tmp_path, *arguments) == 2
        errors = capfd.readouterr().err
        assert errors.startswith(f"error: {message}")
        assert errors.count("\n") == 1

    def test_what_hydra_refuses_names_the_option_without_a_stack_trace(
        self, monkeypatch, tmp_path, capfd, refused_by_hydra
    ):
        argument, message = refused_by_hydra
        assert in_process(self.run, monkeypatch, tmp_path, argument) == 1
        errors = capfd.readouterr().err
        assert message in errors
        assert "Traceback" not in errors

    def test_without_the_extra_it_names_it(self, monkeypatch, capfd):
        monkeypatch.setattr(extras, "find_spec", lambda name: None)
        with pytest.raises(SystemExit) as end:
            self.run.main()
        assert end.value.code == 2
        errors = capfd.readouterr().err
        assert f"kaca-{self.run.__package__}[experiment]" in errors
        assert errors.count("\n") == 1

    def test_importing_it_needs_no_extra(self):
        run_light(f"import {self.run.__name__}", heavy={"tensorflow", "hydra", "sklearn"})
