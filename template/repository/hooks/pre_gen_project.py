"""Refuses bad answers before a file is written. Answers come as data, never as code."""

import json
import sys
from pathlib import Path

# What was typed is known to cookiecutter, and not to cruft.
PROBLEMS = json.loads(r'{{ cookiecutter | problems(_cookiecutter | default({})) | tojson }}')

Path(__file__).unlink()  # cookiecutter leaves its rendered hooks in the temporary folder
for problem in PROBLEMS:
    print(problem, file=sys.stderr)
sys.exit(1 if PROBLEMS else 0)
