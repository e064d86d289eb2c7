'use client'
/** The user's highlight rules, stored in the browser and shared by all log panes. */
import { storedPreferences } from '@/components/ui/stored-preferences'

export const highlightColors = ['amber', 'red', 'green', 'blue', 'violet', 'grey'] as const
export type HighlightColor = (typeof highlightColors)[number]

export interface HighlightRule {
  id: string
  /** What matches: one text, or several separated by `|`. */
  text: string
  caseSensitive: boolean
  wholeWord: boolean
  color: HighlightColor
  /** Report lines that match while the tab is in the background. */
  notify: boolean
}

export const maxRules = 20
export const maxRuleLength = 200

const preferences = storedPreferences<{ rules: readonly HighlightRule[] }>(
  'sandglass.highlight',
  { rules: [] },
  ({ rules }) => ({ rules: (Array.isArray(rules) ? rules : []).filter(isRule).slice(0, maxRules) }),
)

export const setHighlightRules = (rules: readonly HighlightRule[]) => preferences.set({ rules })
export const useHighlightRules = () => preferences.use().rules

/** Other versions may have stored something else. */
function isRule(value: unknown): value is HighlightRule {
  if (typeof value !== 'object' || value === null) return false
  const { id, text, caseSensitive, wholeWord, color, notify } = value as Record<string, unknown>
  return (
    typeof id === 'string' &&
    typeof text === 'string' &&
    text.length <= maxRuleLength &&
    typeof caseSensitive === 'boolean' &&
    typeof wholeWord === 'boolean' &&
    typeof notify === 'boolean' &&
    highlightColors.some((one) => one === color)
  )
}
