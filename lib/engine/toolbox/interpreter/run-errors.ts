/** Errors of runs that the toolbox reports itself, in the shape of an error of the code. */
import type { ExecutionEnd } from '../../linux/execution-end'
import type { WorkerRunEnd } from './worker'

export interface RunError {
  name: string
  value: string
  traceback: string
}

/** The code has errors that were found before it ran. Clients see them like errors of the run. */
export class CodeError extends Error {
  override readonly name = 'CodeError'

  constructor(readonly report: RunError) {
    super(report.value)
  }
}

/** The context could not run the code, or was torn down. */
export function contextError(message: string): RunError {
  return runError('ContextError', message)
}

export function runError(name: string, value: string): RunError {
  return { name, value, traceback: `${name}: ${value}\n` }
}

/** Error and verdict of a run that timed out. Both say whether the variables survived. */
export function timeoutError(seconds: number, end: WorkerRunEnd): { error: RunError; verdict: ExecutionEnd } {
  const state =
    end.kind === 'died' ? 'the process had to be killed, so its variables are lost' : 'its variables are kept'
  const value = `execution timed out after ${seconds} s; ${state}`
  const headline = `TimeoutError: ${value}`
  const hasTraceback = end.kind === 'interrupted' || end.kind === 'error'
  const traceback = hasTraceback ? withHeadline(end.error, headline) : headline
  return {
    error: { name: 'TimeoutError', value, traceback: `${traceback}\n` },
    verdict: { exitCode: null, signal: null, reason: 'timeout', message: value },
  }
}

/**
 * The traceback with another error in place of its own, so that it still shows where the code was. Python puts the
 * error below the frames, JavaScript above them.
 */
function withHeadline({ name, traceback }: RunError, headline: string): string {
  const lines = traceback.trimEnd().split('\n')
  const errorLine = lines.findLastIndex((line) => line === name || line.startsWith(`${name}:`))
  const framesBelow = lines.slice(errorLine + 1).filter((line) => line.startsWith('    at '))
  return [...lines.slice(0, Math.max(errorLine, 0)), headline, ...framesBelow].join('\n')
}
