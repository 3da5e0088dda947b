"""What holds of every file in experiments/PACKAGE: it composes, asks a question, and sweeps over networks that differ."""

from functools import cache

from hydra import compose, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from core.experiment import store
from core.experiment.command.launch import experiments_folder
from core.experiment.command.options import read_settings
from core.experiment.report.folder import variant_label


def _compose(task, overrides, **options):
    with initialize_config_dir(config_dir=str(experiments_folder(task.package)), version_base="1.3"):
        return compose("config", overrides=list(overrides), **options)


def config_of(task, *overrides):
    """Return the config that a command gives its job."""
    return OmegaConf.to_container(_compose(task, overrides), resolve=True)


def settings_of(task, *overrides):
    """Read the settings that a command gives its job."""
    return read_settings(task, config_of(task, *overrides))


def jobs_of(task, *overrides):
    """Return the swept options of a command as Hydra's sweeper sees them: one dict of values a job."""
    whole = _compose(task, overrides, return_hydra_config=True)
    typed = [override for override in overrides if not override.startswith("+")]
    named = [f"{key}={value}" for key, value in whole.hydra.sweeper.params.items()]
    (jobs,) = BasicSweeper.split_arguments(OverridesParser.create().parse_overrides(named + typed), None)
    # Hydra writes booleans as Python does, people as YAML does
    return [dict(override.lower().split("=", 1) for override in job) for job in jobs]


@cache
def variants_of(task, experiment):
    """Return the settings of each variant of an experiment by its label."""
    jobs = [{key: value for key, value in job.items() if key != "seed"} for job in jobs_of(task, f"+exp={experiment}")]
    typed = {variant_label(job): [f"{key}={value}" for key, value in job.items()] for job in jobs}
    return {label: settings_of(task, f"+exp={experiment}", *options) for label, options in typed.items()}


def keys_of(task, settings, *overrides):
    """Return the keys under which runs of these settings are kept, on the data that a command names."""
    dataset = task.load_data(settings_of(task, *overrides))
    return {str(store.key_of(task, one, dataset)) for one in settings}


class ExperimentFiles:
    """A subclass names the `task` of its package, all its experiments, and for each what the original `study` printed."""

    def pytest_generate_tests(self, metafunc):
        folder = experiments_folder(self.task.package)
        if "experiment" in metafunc.fixturenames:
            metafunc.parametrize("experiment", self.experiments)
        if "file" in metafunc.fixturenames:
            files = sorted(path.relative_to(folder) for path in folder.rglob("*.yaml"))
            metafunc.parametrize("file", files, ids=[path.as_posix() for path in files])

    def test_no_experiment_is_missing(self):
        files = (experiments_folder(self.task.package) / "exp").glob("*.yaml")
        assert sorted(self.experiments) == sorted(path.stem for path in files)

    def test_every_file_composes(self, file):
        group, name = file.parent.as_posix(), file.stem
        settings_of(self.task, *{".": [], "exp": [f"+exp={name}"]}.get(group, [f"{group}={name}"]))

    def test_an_experiment_says_what_it_asks(self, experiment):
        config = config_of(self.task, f"+exp={experiment}")
        assert config["experiment"] == experiment
        assert config["question"].endswith("?")
        assert config["title"]

    def test_what_the_study_printed(self, experiment):
        printed = {
            label: (value["keras"], value["scratch"]) if isinstance(value, dict) else value
            for label, value in config_of(self.task, f"+exp={experiment}")["original"].items()
        }
        assert printed == self.study.get(experiment, {})
        assert set(printed) <= set(variants_of(self.task, experiment))

    def test_its_variants_differ(self, experiment):
        found = variants_of(self.task, experiment)
        assert len({str(settings) for settings in found.values()}) == len(found) >= 2

    def test_the_command_line_wins_over_a_preset(self, experiment):
        settings = settings_of(self.task, f"+exp={experiment}", "preset=quick", "train.epochs=7")
        assert settings.train.epochs == 7
        assert settings.data.train_limit == settings_of(self.task, "preset=quick").data.train_limit is not None
