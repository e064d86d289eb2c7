'use client'
import { useQuery } from '@tanstack/react-query'
import { capabilitiesQuery, sandboxQuery } from '@/lib/queries/reads'
import { useTarget } from './target-provider'

/** What a page asks before it offers something that the process API itself does not have. */
export interface Abilities {
  /** The target speaks the process API and no more; false also while that is not known. */
  plain: boolean
  /** Output is recorded with its times, and can be read from any byte. */
  journal: boolean
  /** Where something is in a journal can be asked, and one stream be followed alone. */
  search: boolean
  /** Runs are recorded by the target, stream while they run, have a directory and can be stopped. */
  runs: boolean
  /** A command can be signalled and stopped. */
  signals: boolean
  /** Input may end without a newline, and can be closed. */
  input: boolean
  /** All processes of the sandbox can be seen and signalled. */
  processes: boolean
}

/**
 * What the target of this page can do in a sandbox. While that is not known, or cannot be asked because the sandbox
 * does not run, it is taken to be able to: what it cannot do it refuses with a sentence.
 */
export function useCapabilities(sandboxId: string): Abilities {
  const target = useTarget()
  const { data: sandbox } = useQuery(sandboxQuery(target, sandboxId))
  const { data } = useQuery({ ...capabilitiesQuery(target, sandboxId), enabled: sandbox?.state === 'started' })
  const extensions = data?.extensions
  const unknown = data === undefined
  return {
    plain: data === null,
    journal: unknown || extensions?.journal !== undefined,
    search: unknown || extensions?.search !== undefined,
    runs: unknown || extensions?.runs !== undefined,
    signals: unknown || extensions?.signals !== undefined,
    input: unknown || extensions?.input !== undefined,
    processes: unknown || extensions?.processes !== undefined,
  }
}
