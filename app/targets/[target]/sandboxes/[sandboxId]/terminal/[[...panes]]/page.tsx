import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Terminal' }

/** The layout renders the terminals in the address. */
export default function TerminalIndexPage() {
  return null
}
