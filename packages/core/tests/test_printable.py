"""What a stranger named is shown without steering the terminal, in any encoding, and JSON stays JSON."""

import io
import json
import sys

import pytest

import core
from core.errors import InputError
from core.experiment.command.frame import run_command
from core.experiment.command.output import write_error, write_json, write_line
from core.layers import Dense
from core.printable import printable, printable_json

HOSTILE = {
    "escape sequence": ("a\x1b[2J", "a\\x1b[2J"),
    "one-byte escape": ("a\x9b31m", "a\\x9b31m"),
    "bell, backspace, delete": ("a\a\b\x7f", "a\\x07\\x08\\x7f"),
    "another line": ("a\nb\rc\u2028d\x85e", "a\\nb\\rc\\u2028d\\x85e"),
    "tab": ("a\tb", "a\\tb"),
    "bidirectional overrides": ("\u202ecba\u202c\u2066x\u2069", "\\u202ecba\\u202c\\u2066x\\u2069"),
    "what cannot be seen": ("a\u200bb\ufeff\U000e0041", "a\\u200bb\\ufeff\\U000e0041"),
    "half a character": ("a\ud800b\udcff", "a\\ud800b\\udcff"),
    "zero byte": ("a\0b", "a\\x00b"),
}
HONEST = [
    "", "kucing", "Ünïcode", "日本語", "עברית", "العربية", "می\u200cخواهم", "👩\u200d👧", "a\u00a0b",
    "$x_1$ <b>&amp;</b>", "\\n",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_steers_a_terminal_is_an_escape(name):
    text, shown = HOSTILE[name]
    assert printable(text) == shown
    assert json.loads(printable_json([text])) == [text]
    assert all(letter.isprintable() for letter in printable_json([text]))


@pytest.mark.parametrize("name", HOSTILE)
def test_summaries_and_errors_are_printable(name):
    text, shown = HOSTILE[name]
    model = core.Sequential([Dense(2, name=text)], batch_shape=(None, 3), name=text)
    assert f"{shown} (Dense)" in model.summary()
    assert f"Model: {shown}\n" in model.summary()
    assert set(str(core.KacaError(text))) <= {*shown, "\n", "\t"}


@pytest.mark.parametrize("text", HONEST)
def test_what_is_honest_stays(text):
    assert printable(text) == text
    assert printable_json(text) == json.dumps(text, ensure_ascii=False)


def test_what_is_kept_stays():
    assert printable("a\tb\x1b", keep="\t") == "a\tb\\x1b"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii", "latin-1", "utf-16", "shift_jis"])
def test_every_encoding_takes_every_line(monkeypatch, encoding):
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding=encoding))
    names = [*HONEST, *(text for text, _ in HOSTILE.values())]
    for name in names:
        write_json(name)
    write_line("é日")
    sys.stdout.flush()
    lines = buffer.getvalue().decode(encoding).split("\n")
    assert [json.loads(line) for line in lines[: len(names)]] == names
    assert lines[len(names)] == {"utf-8": "é日", "utf-16": "é日", "shift_jis": "\\xe9日", "ascii": "\\xe9\\u65e5"}.get(
        encoding, "é\\u65e5"
    )


def raising(error):
    def body():
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (InputError("a\x1b[2J\n b"), 2, "error: a\\x1b[2J b"),
        (OSError(28, "No space left on device"), 2, "error: [Errno 28] No space left on device"),
        (PermissionError(13, "Permission denied", "f\u202e"), 2, "error: f\\u202e: Permission denied"),
        (MemoryError(), 2, "error: there is not enough memory for this"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (BrokenPipeError(), 141, ""),
    ],
)
def test_a_command_ends_in_one_line(capsys, monkeypatch, error, status, line):
    monkeypatch.setattr("core.experiment.command.frame._forget_output", lambda: None)  # this process goes on
    assert run_command(raising(error)) == status
    assert capsys.readouterr().err == (line + "\n" if line else "")


def test_without_streams_nothing_is_raised(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert run_command(lambda: write_line("a") or 0) == 2
    write_error("nobody reads this")


def test_a_mistake_of_ours_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: 1 // 0)
