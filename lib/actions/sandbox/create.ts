'use server'

import { z } from 'zod'
import { sandboxName } from '@/lib/process-api/ids'
import { codeLanguage, envs } from '@/lib/process-api/process'
import { languageLabel } from '@/lib/process-api/sandbox'
import { targets } from '@/lib/targets/registry'
import { actionWith, targetField } from '../action-client'
import { networkChoice, networkRequest } from './network-choice'

const input = z.object({
  ...targetField,
  name: sandboxName.optional(),
  language: codeLanguage,
  network: networkChoice,
  env: envs.optional(),
})

/** Create a sandbox; the answer is the sandbox as the target made it, maybe still starting. */
export const createSandbox = actionWith(input).action(async ({ parsedInput, ctx }) => {
  const { target, name, language, network, env } = parsedInput
  return await targets()
    .client(target)
    .createSandbox(
      { name, env: env ?? {}, labels: { [languageLabel]: language }, ...networkRequest(network) },
      { signal: ctx.signal },
    )
})
