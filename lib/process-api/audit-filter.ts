/** The filter of the audit log: its text, and what it means. */
import type { AuditFilter } from './audit'
import { parseTime, splitTerms } from './filter-terms'

export interface ParsedAuditFilter extends AuditFilter {
  /** Terms that were not understood, each with its reason. */
  problems: readonly string[]
}

/**
 * Parses the text of the filter. Terms are separated by spaces; quotation marks hold words together. Of two terms with
 * the same name, the last one counts.
 * @param now for times such as `since:2h`
 */
export function parseAuditFilter(text: string, now = Date.now()): ParsedAuditFilter {
  const words: string[] = []
  const problems: string[] = []
  const fields: Partial<AuditFilter> = {}
  for (const term of splitTerms(text)) {
    const [, name = '', value = ''] = /^([a-z]+):(.+)$/s.exec(term) ?? []
    switch (name) {
      case 'person':
        fields.person = value
        break
      case 'sandbox':
        fields.sandboxId = value
        break
      case 'action':
        fields.action = value
        break
      case 'is':
        if (value === 'failed') fields.failed = true
        else if (value === 'change' || value === 'read') fields.kind = value
        else problems.push(`“is:${value}” is unknown. Use is:failed, is:change or is:read.`)
        break
      case 'since':
      case 'until': {
        const time = parseTime(value, now)
        if (time === null) problems.push(`“${value}” is not a time. Use 30m, 2h, 7d or 2026-11-30T14:00.`)
        else fields[name] = time
        break
      }
      default:
        words.push(term)
    }
  }
  return { ...fields, words, problems }
}
