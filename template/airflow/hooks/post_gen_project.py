"""Leaves the one CI that was chosen, and makes the first commit. Answers come as data."""

import json
import os
import shutil
import subprocess
import sys

CI = json.loads(r'{{ cookiecutter.ci | tojson }}')
CREATOR = json.loads(r'{{ cookiecutter.creator | person | tojson }}')

CI_FILES = {
    "github": [".github"],
    "travis": [".travis.yml"],
    "gitlab": [".gitlab-ci.yml", ".gitlab"],
    "jenkins": ["Jenkinsfile"],
}
MESSAGE = "Make the repository from its template"
BY_HAND = f'git init && git checkout -b main && git add . && git commit -m "{MESSAGE}"'
PATIENCE = 60  # seconds
ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")


def main():
    os.remove(__file__)  # cookiecutter leaves its rendered hooks in the temporary folder
    remove_other_ci()
    problem = first_commit()
    if problem:
        print(f"not committed: {problem}; then type: {BY_HAND}", file=sys.stderr)


def remove_other_ci():
    others = [name for ci, names in CI_FILES.items() if ci != CI for name in names]
    for name in others:
        if os.path.isdir(name):
            shutil.rmtree(name)
        elif os.path.exists(name):
            os.remove(name)


def first_commit():
    """Return what stands in the way of a commit, and the next step; a generation never fails."""
    if not shutil.which("git"):
        return "Git is not installed; install it from https://git-scm.com"
    if not git("rev-parse", "--git-dir"):
        return "this folder lies in another Git repository; move it out"
    if problem := init() or git("add", "."):
        return f"Git could not make a repository here ({problem}); mend that"
    problem = commit() and commit(*creator())
    if "user.email" in problem or "auto-detection" in problem:
        return "Git could not commit; tell it who you are: git config --global user.email you@..."
    return problem and f"Git could not commit ({problem}); mend that"


def init():
    if not git("init", "-q", "-b", "main"):
        return ""
    return git("init", "-q") or git("symbolic-ref", "HEAD", "refs/heads/main")  # Git before 2.28


def commit(*settings):
    own = ("-c", "user.useConfigOnly=true", "-c", "gc.auto=0", "-c", "maintenance.auto=false")
    return git(*own, *settings, "commit", "-q", "-m", MESSAGE)


def creator():
    """Return who commits where Git knows nobody: the creator, if there is an email."""
    if not CREATOR["email"]:
        return ()
    return "-c", f"user.name={CREATOR['name']}", "-c", f"user.email={CREATOR['email']}"


def git(*arguments):
    """Return what Git says of its failure, nothing where it succeeded."""
    environment = {key: value for key, value in os.environ.items() if key not in ELSEWHERE}
    how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    try:
        done = subprocess.run(["git", *arguments], env=environment, timeout=PATIENCE, **how)
    except subprocess.TimeoutExpired:  # a hook, or a program that signs and waits for somebody
        return f"it was not done after {PATIENCE} seconds"
    except OSError as error:
        return str(error)
    if done.returncode == 0:
        return ""
    lines = done.stderr.decode("utf-8", "replace").split("\n")
    errors = [line for line in lines if line.startswith("error: ")]
    said = next(filter(str.strip, [*errors, *lines[::-1]]), "it said nothing")
    return "".join(mark if mark.isprintable() else "?" for mark in said[:200])


main()
