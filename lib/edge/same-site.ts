/** How close two host names are to a browser: whether their pages share cookies. */
import { isIP } from 'node:net'

export type SiteRelation =
  /** The same name, or one below the other: pages of one can set cookies that are sent to the other. */
  | 'shared'
  /** Probably below one registered domain; certain only with the public suffix list. */
  | 'sibling'
  | null

/** The relation of two host names. An IP address is related only to itself. */
export function siteRelation(first: string, second: string): SiteRelation {
  if (first === second) return 'shared'
  if (isIP(bare(first)) !== 0 || isIP(bare(second)) !== 0) return null
  if (first.endsWith(`.${second}`) || second.endsWith(`.${first}`)) return 'shared'
  const tail = (name: string) => name.split('.').slice(-2).join('.')
  return first.includes('.') && tail(first) === tail(second) ? 'sibling' : null
}

function bare(name: string): string {
  return name.replace(/^\[|\]$/g, '')
}
