#!/usr/bin/env bash
# Uploads scripts and wheels to S3. `publisher plan` tells what would go where, and why.
# `ci/publish.sh check` says what would make that fail, before a merge.
# `ci/publish.sh test` runs the tests; `ci/publish.sh prune` removes from dev what deleted
# branches left there.
# A publisher that is installed already is the one that runs; else the one in requirements.txt,
# which uv installs in half the time, unless pip has settings that uv would not heed.
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() {
  local name
  for name in python python3 py; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
      command -v "$name"
      return
    fi
  done
  echo "Python 3.10 or newer is needed: https://www.python.org/downloads/" >&2
  return 1
}

# What was installed stays while requirements.txt does: its copy is written last.
install_publisher() {
  local install=(python -m pip install --quiet --disable-pip-version-check)
  "$2" -m venv "$1"
  if [ -z "$(python -m pip config list | grep -v cache-dir)" ] && "${install[@]}" uv; then
    install=(uv pip install --quiet --python "$(command -v python)")
  fi
  "${install[@]}" -r ci/requirements.txt
  cp ci/requirements.txt "$1/"
}

if ! command -v publisher >/dev/null; then
  environment="$PWD/.venv/publisher"
  python=$(find_python) # before that of the environment hides it
  PATH="$environment/bin:$environment/Scripts:$PATH"
  if ! publisher --version >/dev/null 2>&1 ||
    ! cmp -s ci/requirements.txt "$environment/requirements.txt"; then
    install_publisher "$environment" "$python"
  fi
fi
case "${1:-}" in
  check | prune | test) ;;
  *) set -- publish "$@" ;;
esac
publisher "$@"
