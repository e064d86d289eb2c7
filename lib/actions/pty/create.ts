'use server'

import { z } from 'zod'
import { ptyOperations } from '@/lib/process-api/operations/pty'
import { envsSchema } from '@/lib/process-api/process'
import { ptyIdSchema } from '@/lib/process-api/pty'
import { maxTerminalSide } from '@/lib/process-api/terminal-limits'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const sideSchema = z.number().int().min(1).max(maxTerminalSide)

const inputSchema = z.object({
  ...sandboxFields,
  ptyId: ptyIdSchema,
  cwd: z.string().max(4096).optional(),
  envs: envsSchema.optional(),
  cols: sideSchema.optional(),
  rows: sideSchema.optional(),
  /** Start the shell when the first client connects, so that a target without screens does not lose its first output. */
  lazyStart: z.boolean().optional(),
})

/** Creates a terminal with the given id. */
export const createPty = actionWith('terminal.create', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, ptyId, ...settings } = parsedInput
  await targets()
    .client(target)
    .call(ptyOperations.createPty, { sandboxId, body: { id: ptyId, ...settings } }, { signal: ctx.signal })
  return { ptyId }
})
