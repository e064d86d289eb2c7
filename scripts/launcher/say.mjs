/** What the commands tell a person. Plain lines, so that they read the same in a terminal, a log and a pipe. */

/** A reader that went away (`npm start | head`) is no reason to stop. */
function ignoreClosedReader(error) {
  if (error.code !== 'EPIPE') throw error
}
process.stdout.on('error', ignoreClosedReader)
process.stderr.on('error', ignoreClosedReader)

/** A step or a result. */
export function say(line) {
  process.stdout.write(`${line}\n`)
}

/** Something that the reader should act on. */
export function warn(line) {
  process.stderr.write(`! ${line}\n`)
}

/** A failure that a person can act on: its message is one or more plain sentences, shown without a stack. */
export class PlainError extends Error {
  name = 'PlainError'
}
