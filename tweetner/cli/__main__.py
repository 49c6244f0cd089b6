"""Run the `tweetner` command with `python -m tweetner.cli`."""

import sys

from tweetner.cli import main

sys.exit(main())
