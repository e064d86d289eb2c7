'use client'
import { storedPreferences } from '@/components/ui/stored-preferences'

/** The user's settings for terminals, stored in the browser and shared by all of them. */
export interface TerminalPreferences {
  /** px */
  fontSize: number
  font: TerminalFontChoice
  /** Text for screen readers makes output slower, so it is optional. */
  screenReader: boolean
}

export type TerminalFontChoice = 'geist' | 'system'

export const minFontSize = 11
export const maxFontSize = 18

const defaults: TerminalPreferences = { fontSize: 13, font: 'geist', screenReader: false }

const preferences = storedPreferences('sandglass.terminal', defaults, (stored) => {
  const values = { ...defaults, ...stored }
  return { ...values, fontSize: clampFontSize(values.fontSize) }
})

/** Change some settings, in all terminals at once. */
export const setTerminalPreferences = preferences.set
export const useTerminalPreferences = preferences.use

function clampFontSize(size: unknown): number {
  return typeof size === 'number' && Number.isFinite(size)
    ? Math.min(maxFontSize, Math.max(minFontSize, Math.round(size)))
    : defaults.fontSize
}
