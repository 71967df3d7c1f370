#!/usr/bin/env bash
# Runs the tests of every project that has any, each in an environment of its own below .venv/.
# `bash ci/test.sh helloworld` runs those of one. Needs Python 3.10 or newer, and Git.
exec bash "$(dirname "$0")/publish.sh" test "$@"
