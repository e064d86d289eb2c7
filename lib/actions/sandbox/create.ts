'use server'

import { z } from 'zod'
import { sandboxNameSchema } from '@/lib/process-api/ids'
import { languageLabel } from '@/lib/process-api/language-label'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { codeLanguageSchema, envsSchema } from '@/lib/process-api/process'
import { targets } from '@/lib/targets/registry'
import { actionWith, targetField } from '../action-client'
import { networkChoiceSchema, networkRequest } from './network-choice'

const inputSchema = z.object({
  ...targetField,
  name: sandboxNameSchema.optional(),
  language: codeLanguageSchema,
  network: networkChoiceSchema,
  env: envsSchema.optional(),
})

/** Creates a sandbox and returns it as the target created it, which may still be starting. */
export const createSandbox = actionWith('sandbox.create', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, name, language, network, env } = parsedInput
  const body = { name, env: env ?? {}, labels: { [languageLabel]: language }, ...networkRequest(network) }
  return await targets().client(target).call(sandboxOperations.createSandbox, { body }, { signal: ctx.signal })
})
