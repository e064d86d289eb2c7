'use server'

import { z } from 'zod'
import { ptyOperations } from '@/lib/process-api/operations/pty'
import { ptyIdSchema } from '@/lib/process-api/pty'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, ptyId: ptyIdSchema })

/** Kills the shell of a terminal and all processes below it. */
export const killPty = actionWith('terminal.kill', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, ptyId } = parsedInput
  await targets().client(target).call(ptyOperations.deletePty, { sandboxId, id: ptyId }, { signal: ctx.signal })
  return { ptyId }
})
