/** Texts of which a client requests the beginning: code and commands can be up to 64 MiB long. */
import { z } from 'zod'

/** Query parameter: UTF-16 code units. */
export const textLimitSchema = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional()
export const textLimitNote =
  'Maximum length of the returned code or command, in UTF-16 code units. Without it, all is returned.'

/** The beginning of a text, without half of a surrogate pair at its end. */
export function headOf(text: string, limit: number | undefined): string {
  if (limit === undefined || text.length <= limit) return text
  const head = text.slice(0, limit)
  return /[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head
}

/** What the console shows of the code or command of a run. */
export const maxShownRunText = 64 * 1024
