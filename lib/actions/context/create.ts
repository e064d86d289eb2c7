'use server'

import { z } from 'zod'
import { interpreterOperations } from '@/lib/process-api/operations/interpreter'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, language: z.string().max(64), cwd: z.string().max(4096).default('') })

/** Creates an interpreter context and returns its id. An empty folder is the working directory of the sandbox. */
export const createContext = actionWith('context.create', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, language, cwd } = parsedInput
  const call = { sandboxId, body: { language, ...(cwd === '' ? {} : { cwd }) } }
  const context = await targets().client(target).call(interpreterOperations.createContext, call, { signal: ctx.signal })
  return { contextId: context.id }
})
