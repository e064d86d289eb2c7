import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Files' }

/** The layout renders the path in the address. */
export default function FilePage() {
  return null
}
