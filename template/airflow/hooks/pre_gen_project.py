"""Refuses bad answers before a file is written. Answers come as data, never as code."""

import json
import os
import sys

# What was typed is known to cookiecutter, and not to cruft.
PROBLEMS = json.loads(r'{{ cookiecutter | problems(_cookiecutter | default({})) | tojson }}')

os.remove(__file__)  # cookiecutter leaves its rendered hooks in the temporary folder
for problem in PROBLEMS:
    print(problem, file=sys.stderr)
sys.exit(1 if PROBLEMS else 0)
