'use client'

/** The live connection of this tab. */
export function ConnectionStatus() {
  return null
}
