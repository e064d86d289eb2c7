import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Sessions' }

/** The page is its layout. */
export default function SessionsIndexPage() {
  return null
}
