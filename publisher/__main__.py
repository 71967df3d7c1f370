"""Lets ``python -m publisher`` do what ``publisher`` does."""

import sys

from publisher.entry import main

if __name__ == "__main__":
    sys.exit(main())
