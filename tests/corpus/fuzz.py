"""How many examples each subject is fuzzed with, in every run of the tests."""

from collections.abc import Mapping

EXAMPLES: Mapping[str, int] = {
    "branch names and slugs": 500,
    "versions": 500,
    "store addresses": 500,
    "repository addresses": 500,
    "settings, any value at any key": 300,
    "a project's metadata, any value at any key": 300,
    "manifests, any bytes changed": 500,
    "pointers, any bytes changed": 500,
    "manifests, any value in any place": 500,
    "GitHub's event documents": 500,
    "event documents, any bytes": 500,
    "GitHub's outputs": 300,
    "METADATA, WHEEL and RECORD of a wheel": 200,
    "wheels, any bytes changed": 200,
    "words on the command line": 300,
}
