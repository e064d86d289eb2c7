import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Sessions' }

/** The layout renders the command in the address. */
export default function CommandPage() {
  return null
}
