/** How a file is run. */
import { quoteWord } from '@/components/execution/arguments'
import type { StartRunRequest } from '@/lib/process-api/extensions'
import { nameOf, parentOf } from './paths'

/**
 * The request that runs a Python, JavaScript or TypeScript file; null for other files. Python and JavaScript run where
 * they are, so that their imports work; TypeScript needs the loader of code runs.
 */
export function runRequest(path: string, text: string): StartRunRequest | null {
  const command = (program: string): StartRunRequest => ({
    kind: 'command',
    command: `cd ${quoteWord(parentOf(path))} && ${program} ${quoteWord(`./${nameOf(path)}`)}`,
  })
  if (/\.py$/.test(path)) return command('python3')
  if (/\.[cm]?js$/.test(path)) return command('node')
  if (/\.ts$/.test(path) && text.trim() !== '') return { kind: 'code', language: 'typescript', code: text }
  return null
}
