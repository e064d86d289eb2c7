/** Turns what a target lists and reports into records of the history. */
import type { Execution } from '@/lib/process-api/execution'
import type { RunDetail, RunSummary } from '@/lib/process-api/extensions'
import type { HistoryKey } from '@/lib/process-api/history'
import type { InterpreterRun } from '@/lib/process-api/interpreter'
import type { CommandDetail } from '@/lib/process-api/process'
import type { ExecutionRecord } from '@/lib/store/history/history-store'

interface Sandbox {
  target: string
  sandboxId: string
}

export function recordOfRun(sandbox: Sandbox, run: RunSummary | RunDetail): ExecutionRecord {
  const text = 'envs' in run ? (run.kind === 'code' ? run.code : run.command) : null
  return {
    ...keyOfRun(sandbox, run.id),
    ...stateOf(run),
    language: run.kind === 'command' ? 'shell' : run.language,
    origin: run.origin,
    timeoutSeconds: run.timeoutSeconds,
    title: run.title,
    text: text ?? run.title,
    textComplete: text !== null,
  }
}

export function recordOfCommand(sandbox: Sandbox, sessionId: string, command: CommandDetail): ExecutionRecord {
  return {
    ...sandbox,
    kind: 'command',
    parentId: sessionId,
    executionId: command.id,
    ...stateOf({ ...command, exitCode: command.exitCode ?? null }),
    language: 'shell',
    origin: null,
    timeoutSeconds: null,
    title: '',
    text: command.command,
    textComplete: command.commandTruncated !== true,
  }
}

/** @param language of the context; null if it is not known, as in events */
export function recordOfCell(sandbox: Sandbox, run: InterpreterRun, language: string | null): ExecutionRecord {
  return {
    ...sandbox,
    kind: 'cell',
    parentId: run.contextId,
    executionId: run.id,
    ...stateOf(run),
    language,
    origin: null,
    timeoutSeconds: run.timeoutSeconds,
    title: run.title,
    text: run.title,
    textComplete: false,
  }
}

export function keyOfRun(sandbox: Sandbox, runId: string): HistoryKey {
  return { ...sandbox, kind: 'run', parentId: '', executionId: runId }
}

function stateOf(execution: Execution) {
  const { state, exitCode, signal, reason, message, durationMs, output } = execution
  const startedAt = timeOf(execution.startedAt)
  return {
    state,
    exitCode,
    signal,
    reason,
    message,
    durationMs,
    // A target without times: the time at which it was first seen.
    at: timeOf(execution.queuedAt) ?? startedAt ?? Date.now(),
    startedAt,
    endedAt: timeOf(execution.endedAt),
    outputBytes: output.bytes,
    stderrBytes: output.stderrBytes,
  }
}

function timeOf(iso: string | null): number | null {
  const time = iso === null ? Number.NaN : Date.parse(iso)
  return Number.isNaN(time) ? null : time
}
