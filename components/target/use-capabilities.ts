'use client'
import { useQuery } from '@tanstack/react-query'
import { capabilitiesQuery, sandboxQuery } from '@/lib/queries/reads'
import { useTarget } from './target-provider'

/** What a target supports beyond the process API. Pages hide or disable what it does not. */
export interface SandboxCapabilities {
  /** The target supports no extensions at all; false while unknown. */
  plain: boolean
  /** Output is recorded with timestamps and can be read from any offset. */
  journal: boolean
  /** It is known when output was printed, so that it can be replayed. */
  replay: boolean
  /** Journals can be searched on the server, and a single stream can be followed. */
  search: boolean
  /** The lines of journals are numbered, and any place of a journal can be located. */
  lines: boolean
  /** Whole journals are searched line by line, with regular expressions. */
  matches: boolean
  /** The target records runs, streams their output, gives them a working directory, and can stop them. */
  runs: boolean
  /** Commands can be signalled and stopped. */
  signals: boolean
  /** Input may end without a newline, and can be closed. */
  input: boolean
  /** All processes of the sandbox can be listed and signalled. */
  processes: boolean
  /** The process that listens on a port is known. */
  listeners: boolean
  /** Cells can be interrupted and answered, return rich results, and several tabs see the same. */
  interpreter: boolean
  /** Languages of interpreter contexts. */
  interpreterLanguages: readonly string[]
  /** The charts of a Python run can be read. */
  charts: boolean
  /** The screens of terminals are kept, sizes have an owner, and terminals can be recorded. */
  terminals: boolean
}

const pythonOnly: readonly string[] = ['python']

/**
 * Capabilities of a sandbox on the target of this page. While they are unknown, or cannot be read because the sandbox
 * is not running, everything counts as supported: the target rejects what it does not support.
 */
export function useCapabilities(sandboxId: string): SandboxCapabilities {
  const target = useTarget()
  const { data: sandbox } = useQuery(sandboxQuery(target, sandboxId))
  const { data } = useQuery({ ...capabilitiesQuery(target, sandboxId), enabled: sandbox?.state === 'started' })
  const extensions = data?.extensions
  const unknown = data === undefined
  return {
    plain: data === null,
    journal: unknown || extensions?.journal !== undefined,
    replay: unknown || extensions?.replay !== undefined,
    search: unknown || extensions?.search !== undefined,
    lines: unknown || extensions?.lines !== undefined,
    matches: unknown || extensions?.matches !== undefined,
    runs: unknown || extensions?.runs !== undefined,
    signals: unknown || extensions?.signals !== undefined,
    input: unknown || extensions?.input !== undefined,
    processes: unknown || extensions?.processes !== undefined,
    listeners: unknown || extensions?.listeners !== undefined,
    interpreter: unknown || extensions?.interpreter !== undefined,
    interpreterLanguages: data?.interpreterLanguages ?? pythonOnly,
    charts: unknown || extensions?.charts !== undefined,
    terminals: unknown || extensions?.pty !== undefined,
  }
}
