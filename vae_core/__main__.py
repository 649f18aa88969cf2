"""`python -m vae_core train | evaluate | sweep | check | bench | worker`."""

import sys

from vae_core.commands.parser import main

sys.exit(main(sys.argv[1:]))
