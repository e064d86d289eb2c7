import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Sessions' }

/** The layout renders the page. */
export default function SessionsIndexPage() {
  return null
}
