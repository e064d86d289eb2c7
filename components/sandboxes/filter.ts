/** The filter of the sandbox list: words and `state:` `language:` `network:` `label:key=value` terms, which must all match. */

import { sandboxDisplay } from '@/components/ui/state-display'
import { languageLabel } from '@/lib/process-api/language-label'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { networkDisplay } from './network-display'

/** Default language of a sandbox's code runs. SDKs store it in a label and use Python when there is none. */
export function sandboxLanguage(sandbox: Pick<SandboxListItem, 'labels'>): string {
  return sandbox.labels[languageLabel] ?? 'python'
}

export function filterSandboxes(sandboxes: readonly SandboxListItem[], text: string): SandboxListItem[] {
  const terms = text.toLowerCase().split(/\s+/).filter(Boolean)
  return sandboxes.filter((sandbox) => terms.every((term) => matches(sandbox, term)))
}

function matches(sandbox: SandboxListItem, term: string): boolean {
  const [, kind, value] = /^(state|language|network|label):(.*)$/.exec(term) ?? []
  switch (kind) {
    case 'state':
      return value !== undefined && (sandboxDisplay(sandbox.state).word.includes(value) || sandbox.state === value)
    case 'language':
      return value !== undefined && sandboxLanguage(sandbox).startsWith(value)
    case 'network':
      return value !== undefined && networkDisplay(sandbox).word.startsWith(value)
    case 'label':
      return (
        value !== undefined &&
        Object.entries(sandbox.labels).some(([key, labelValue]) =>
          `${key}=${labelValue}`.toLowerCase().startsWith(value),
        )
      )
    default:
      return sandbox.name.toLowerCase().includes(term) || sandbox.id.startsWith(term)
  }
}
