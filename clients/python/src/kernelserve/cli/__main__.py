"""`python -m kernelserve.cli`: the command line where its script is not on the PATH."""

from __future__ import annotations

import sys

from . import main

sys.exit(main())
