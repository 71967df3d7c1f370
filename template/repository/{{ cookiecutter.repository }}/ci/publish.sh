#!/usr/bin/env bash
# Uploads scripts and wheels to S3. `publisher plan` tells what would go where, and why.
# `ci/publish.sh check` says what would make that fail, before a merge.
# `ci/publish.sh prune` removes from dev what deleted branches left there.
# A publisher that is installed already is the one that runs; else the one in requirements.txt,
# which uv installs in half the time, unless pip has settings that uv would not heed.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v publisher >/dev/null; then
  environment="$PWD/.venv/publisher"
  "$(command -v python || command -v python3)" -m venv "$environment"
  PATH="$environment/bin:$environment/Scripts:$PATH"
  install=(python -m pip install --quiet --disable-pip-version-check)
  if [ -z "$(python -m pip config list)" ] && "${install[@]}" uv; then
    install=(uv pip install --quiet --python "$(command -v python)")
  fi
  "${install[@]}" -r ci/requirements.txt
fi
case "${1:-}" in
  check | prune) ;;
  *) set -- publish "$@" ;;
esac
publisher "$@"
