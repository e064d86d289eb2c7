import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Sessions' }

/** The page of the layout shows the command of this address. */
export default function CommandPage() {
  return null
}
