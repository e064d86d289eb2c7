/**
 * The log of the console, the engine and the toolboxes, on stderr: lines of JSON, or of text where stderr is a terminal.
 * Each line is written before the call returns, because a process may end right after it.
 */
import { isatty } from 'node:tty'
import pino from 'pino'
import { redactedPaths, redactText } from './redacted'

const stderr = 2

const destination = pino.destination({ dest: stderr, sync: true })
// A closed or full log must not end the process.
destination.on('error', () => {})

const writer = {
  write(line: string): void {
    const safe = redactText(line)
    destination.write(isatty(stderr) ? asText(safe) : safe)
  },
}

export const log = pino(
  {
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: '[redacted]' },
  },
  writer,
)

/** `12:30:00 error: a chart could not be saved: ENOSPC` and the stack, for a person at a terminal. */
export function asText(line: string): string {
  const { time, level, msg = '', reason, err } = JSON.parse(line)
  const clock = String(time).slice(11, 19)
  const text = reason === undefined ? msg : `${msg}: ${reason}`
  return `${clock} ${level}: ${text}\n${err?.stack ? `${err.stack}\n` : ''}`
}
