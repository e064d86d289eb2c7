// Loaded before a program that `node -` reads from its standard input: takes the `-` out of process.argv, as the
// process API promises, and takes itself out of process.execArgv, which fork() and workers hand on.
'use strict'

if (process.argv[1] === '-') process.argv.splice(1, 1)
const at = process.execArgv.indexOf(__filename)
if (at > 0) process.execArgv.splice(at - 1, 2)
