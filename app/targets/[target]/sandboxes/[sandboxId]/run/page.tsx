import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Run' }

/** The workbench of the layout is the page. */
export default function RunPage() {
  return null
}
