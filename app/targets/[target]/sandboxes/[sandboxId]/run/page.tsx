import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Run' }

/** The layout renders the workbench. */
export default function RunPage() {
  return null
}
