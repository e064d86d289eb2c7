"""Runs the promises of this folder against the deployment that DAYTONA_API_URL and DAYTONA_API_KEY name.

The counts are written to the file that is the one argument, as JSON.
"""

import json
import logging
import pathlib
import sys
import unittest

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here))
# The test cases run their loops in debug mode, which reports everything that takes longer than 0.1 s.
logging.getLogger("asyncio").setLevel(logging.ERROR)

suite = unittest.defaultTestLoader.discover(str(here), top_level_dir=str(here))
result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
failures = [
    *result.failures,
    *result.errors,
    *((test, "the test was expected to fail and passed") for test in result.unexpectedSuccesses),
]
failed = len(failures)
report = {
    # The last line of a traceback is the error.
    "failures": [{"test": test.id(), "error": text.strip().splitlines()[-1]} for test, text in failures],
    "passed": result.testsRun - failed - len(result.skipped),
    "failed": failed,
    "notRun": [f"{test.id()}: {reason}" for test, reason in result.skipped],
}
pathlib.Path(sys.argv[1]).write_text(json.dumps(report))
sys.exit(1 if failed else 0)
