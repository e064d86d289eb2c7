import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Run' }

/** The workbench of the layout shows the run of this address. */
export default function OneRunPage() {
  return null
}
