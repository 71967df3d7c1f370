#!/usr/bin/env bash
# Reads every DAG as Airflow does, and says what is wrong in them. It asks no database and no network.
# Airflow needs Linux or macOS (on Windows: WSL), and is 700 MB; it is installed once, below .venv/.
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() {
  local name
  for name in python3 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
      command -v "$name"
      return
    fi
  done
  echo "Python 3.10 or newer is needed: https://www.python.org/downloads/" >&2
  return 1
}

# What was installed stays while requirements.txt does: its copy is written last.
install_airflow() {
  local python=("$1/bin/python" -m pip install --quiet --disable-pip-version-check)
  rm -rf "$1"
  "$(find_python)" -m venv "$1"
  if [ -z "$("$1/bin/python" -m pip config list | grep -v cache-dir)" ] && "${python[@]}" uv; then
    python=("$1/bin/uv" pip install --quiet --python "$1/bin/python")
  fi
  "${python[@]}" -r requirements.txt
  cp requirements.txt "$1/"
}

environment=.venv/airflow
if ! cmp -s requirements.txt "$environment/requirements.txt"; then
  install_airflow "$environment"
fi
exec "$environment/bin/python" -m hermes_airflow dags
