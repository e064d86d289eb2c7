/** Names between which browsers share cookies, so that the page of one can meddle with the other. */
import { isIP } from 'node:net'

export type Kinship =
  /** The same name, or one below the other: a page of one can set cookies that are sent to the other. */
  | 'shared'
  /** Probably below one registered domain, as far as can be told without the list of public suffixes. */
  | 'sibling'
  | null

/** How two host names are related. Addresses are related to themselves alone. */
export function kinshipOf(first: string, second: string): Kinship {
  if (first === second) return 'shared'
  if (isIP(bare(first)) !== 0 || isIP(bare(second)) !== 0) return null
  if (first.endsWith(`.${second}`) || second.endsWith(`.${first}`)) return 'shared'
  const tail = (name: string) => name.split('.').slice(-2).join('.')
  return first.includes('.') && tail(first) === tail(second) ? 'sibling' : null
}

function bare(name: string): string {
  return name.replace(/^\[|\]$/g, '')
}
