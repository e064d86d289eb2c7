import os
import subprocess
import sys
import unittest


class QuickStart(unittest.TestCase):
    def test_the_quick_start_in_python_works_as_it_stands_in_the_readme(self):
        program, home = os.environ["QUICK_START"], os.environ["QUICK_START_HOME"]
        done = subprocess.run(
            [sys.executable, program], env={**os.environ, "HOME": home}, capture_output=True, text=True, timeout=120
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "42\n\nstep 1\nstep 2\nstep 3\n")
