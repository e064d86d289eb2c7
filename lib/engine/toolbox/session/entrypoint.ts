/**
 * The session `entrypoint`. In the reference it holds what the image's entrypoint prints; official end-to-end tests
 * expect it in every sandbox. A sandbox here has no entrypoint, so its one command is the shell's "do nothing".
 */

import { log } from '@/lib/log/log'
import type { StateFolder } from '../../state/files'
import type { ReadServices } from '../services/services'
import { Session } from './session'

const entrypointCommandId = 'entrypoint_command'

export function openEntrypoint(services: ReadServices, folder: StateFolder): Session {
  const session = new Session(
    services,
    folder,
    {
      format: 1,
      sessionId: 'entrypoint',
      order: 0,
      createdAt: new Date().toISOString(),
      cwd: services.config.workDir,
      endedAt: null,
      exitCode: null,
      signal: null,
      message: 'This sandbox has no entrypoint.',
      hasEnded: false,
    },
    { system: true },
  )
  if (!services.readOnly && !session.commands.get(entrypointCommandId)) record(session)
  return session
}

function record(session: Session): void {
  const details = { command: ':', mode: 'background', stdin: 'closed', suppressInputEcho: false } as const
  try {
    const command = session.commands.create(entrypointCommandId, details, {})
    command.end({ exitCode: 0, signal: null, reason: 'exited' })
    command.journal.seal()
  } catch (error) {
    // A full disk must not keep the sandbox from starting.
    log.error({ err: error }, 'the entrypoint session could not be recorded')
  }
}
