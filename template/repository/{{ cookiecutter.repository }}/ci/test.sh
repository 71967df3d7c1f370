#!/usr/bin/env bash
# Runs the tests of every project that has any, each in an environment of its own below .venv/.
# Needs Python 3.10 or newer, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() {
  local name
  for name in python python3 py; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
      echo "$name"
      return
    fi
  done
  echo "Python 3.10 or newer is needed: https://www.python.org/downloads/" >&2
  return 1
}

find_projects() {
  find . -name '.?*' -prune -o -name pyproject.toml -exec grep -l '^\[project\]' {} + | sort
}

run_tests() (
  environment="$PWD/.venv/tests/$1"
  PATH="$environment/bin:$environment/Scripts:$PATH"
  "$python" -m venv "$environment" &&
    python -m pip install --quiet --disable-pip-version-check pytest "$1" &&
    cd "$1" &&
    { python -m pytest tests || [ $? -eq 5 ]; } # 5: there are no tests in the folder yet
)

# The whole path, as run_tests puts another python first.
python=$(command -v "$(find_python)")
failed=""
while IFS= read -r file <&3; do
  project=$(dirname "$file")
  if [ -d "$project/tests" ]; then
    echo "== $project"
    run_tests "$project" || failed="$failed $project"
  fi
done 3< <(find_projects)

if [ -n "$failed" ]; then
  echo "tests failed:$failed" >&2
  exit 1
fi
