"""Every command of the README names a module, an experiment or a session that exists; the tests of each run them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
COMMANDS = sorted(
    set(re.findall(r"uv run ([^`#\n]+?)\s*(?:#|`|$)", (ROOT / "README.md").read_text(encoding="utf-8"), re.M))
)


def test_there_are_commands():
    assert len(COMMANDS) > 10


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_names_exists(command):
    if session := re.fullmatch(r"nox -s (\w+)", command):
        assert f"def {session[1]}(" in (ROOT / "noxfile.py").read_text(encoding="utf-8")
        return
    module = re.match(r"python -m (\w+)\.([\w.]+)", command)
    assert module, f"not a command that this test knows: {command}"
    source = ROOT / "packages" / module[1] / "src" / module[1] / (module[2].replace(".", "/") + ".py")
    assert '__name__ == "__main__"' in source.read_text(encoding="utf-8")
    for experiment in re.findall(r"\+exp=(\w+)", command):
        assert (ROOT / "experiments" / module[1] / "exp" / f"{experiment}.yaml").is_file()
