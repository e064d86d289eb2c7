import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Sessions' }

/** The page of the layout shows the session of this address. */
export default function SessionPage() {
  return null
}
