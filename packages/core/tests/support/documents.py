"""What the documentation shows: its fenced blocks and its commands, each with the document and the heading it stands under."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[4]
FENCE = re.compile(r"^(`{3,}|~{3,})\s*(\S*)")
#: What begins a command inside a line of text.
COMMAND = re.compile(r"`((?:uv|pip|python|nox|pytest|npm|docker|git)\b [^`]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block; `number` counts those of its language under its heading."""

    document: str
    heading: str
    language: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.document}: {self.heading} ({self.language or 'no language'} {self.number})"


def documents() -> list[Path]:
    """List every document of the repository but the changelog, which tells of what was."""
    found = {*ROOT.glob("*.md"), *ROOT.glob(".github/**/*.md")}
    for folder in ("docs", "packages", "experiments", "bench", "tests"):
        found |= {path for path in (ROOT / folder).rglob("*.md") if not {".venv", "node_modules"} & set(path.parts)}
    return sorted(path for path in found if path.name != "CHANGELOG.md")


def blocks() -> list[Block]:
    """List the fenced blocks of all documents."""
    found: list[Block] = []
    for path in documents():
        name, heading, fence, lines, language = path.relative_to(ROOT).as_posix(), "", "", list[str](), ""
        for line in path.read_text(encoding="utf-8").splitlines():
            mark = FENCE.match(line)
            if fence and line.strip() == fence:
                alike = [
                    block
                    for block in found
                    if (block.document, block.heading, block.language) == (name, heading, language)
                ]
                found.append(Block(name, heading, language, len(alike), "\n".join(lines) + "\n"))
                fence = ""
            elif fence:
                lines.append(line)
            elif mark:
                fence, language, lines = mark[1], mark[2], []
            elif line.startswith("#"):
                heading = line.lstrip("# ").strip()
        assert not fence, f"{name} ends inside a block"
    return found


def commands() -> list[tuple[str, str]]:
    """List the commands of all documents, (document, command): the lines of blocks of a shell, and those inside of text."""
    found: list[tuple[str, str]] = []
    for block in blocks():
        if is_shell(block):
            text = block.text.replace("\\\n", " ")
            found += [
                (block.document, line.strip())
                for line in text.splitlines()
                if line.strip() and not line.startswith("#")
            ]
    for path in documents():
        name = path.relative_to(ROOT).as_posix()
        found += [(name, command) for command in COMMAND.findall(path.read_text(encoding="utf-8"))]
    return sorted(set(found))


def is_shell(block: Block) -> bool:
    """Whether a block holds commands; one without a language does where its first line is one."""
    return block.language in {"sh", "bash", "shell", "console"} or (
        not block.language and block.text.startswith(("uv ", "pip "))
    )
