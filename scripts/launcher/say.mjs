/** Output for people. Plain lines, so that they read the same in a terminal, a log and a pipe. */

/**
 * A closed reader (`npm start | head`) is no reason to stop.
 * @param {NodeJS.ErrnoException} error
 */
function ignoreClosedReader(error) {
  if (error.code !== 'EPIPE') throw error
}
process.stdout.on('error', ignoreClosedReader)
process.stderr.on('error', ignoreClosedReader)

/**
 * A step or a result.
 * @param {string} line
 */
export function say(line) {
  process.stdout.write(`${line}\n`)
}

/**
 * Something that people should act on.
 * @param {string} line
 */
export function warn(line) {
  process.stderr.write(`! ${line}\n`)
}
