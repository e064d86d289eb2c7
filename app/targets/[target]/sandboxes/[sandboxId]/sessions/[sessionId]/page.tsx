import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Sessions' }

/** The layout renders the session in the address. */
export default function SessionPage() {
  return null
}
