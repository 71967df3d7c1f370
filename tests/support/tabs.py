"""Types into a real interactive shell, as a person does, and reads the line that TAB made of it."""

import os
import pty
import re
import select
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

SHOW = "\x07"  # Ctrl-G: a key of ours, which shows the line as it stands and empties it
_READY = "ready>"
_LIMIT = 30  # seconds without a word from the shell
_BASH = r"""
PS1='ready>'
bind 'set enable-bracketed-paste off'
bind 'set bell-style none'
show() { printf '<<%s>>\n' "$READLINE_LINE"; READLINE_LINE=; }
bind -x '"\C-g": show'
eval "$(publisher completion bash)"
"""
_ZSH = r"""
PS1='ready>'
unset zle_bracketed_paste
setopt no_beep
autoload -Uz compinit && compinit -u -D
show() { printf '<<%s>>\n' "$BUFFER"; BUFFER=; zle reset-prompt; }
zle -N show
bindkey '^G' show
bindkey '^I' complete-word  # zsh's own TAB would run a $(command) to put its output there
eval "$(publisher completion zsh)"
"""


class Terminal:
    """A shell at the other end of a terminal."""

    def __init__(self, end: int) -> None:
        self._end = end

    def tab(self, typed: str) -> str:
        """Return the command line after ``typed`` and TAB."""
        os.write(self._end, f"{typed}\t{SHOW}".encode())
        return self.until(r"<<(.*?)>>")[1]

    def until(self, pattern: str) -> "re.Match[str]":
        """Read until the shell has written ``pattern``."""
        text = ""
        while not (match := re.search(pattern, text, re.DOTALL)):
            ready, _, _ = select.select([self._end], [], [], _LIMIT)
            assert ready, f"the shell is silent after {text!r}"
            text += os.read(self._end, 4096).decode(errors="replace")
        return match


@contextmanager
def terminal(shell: str, *, cwd: Path, environ: Mapping[str, str]) -> Iterator[Terminal]:
    """Give an interactive bash or zsh that has been told of our completion."""
    home = Path(environ["HOME"])
    (home / "bashrc").write_text(_BASH)
    (home / ".zshrc").write_text(_ZSH)
    words = {"bash": ["bash", "--rcfile", str(home / "bashrc"), "-i"], "zsh": ["zsh", "-d", "-i"]}
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        words[shell],
        cwd=cwd,
        env={**environ, "TERM": "dumb", "ZDOTDIR": str(home), "COLUMNS": "200"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            found = Terminal(ours)
            found.until(_READY)
            yield found
        finally:
            process.kill()
            os.close(ours)


def needs(shell: str) -> pytest.MarkDecorator:
    """Skip a test where this shell is not installed."""
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")
