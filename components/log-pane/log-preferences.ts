'use client'
import { storedPreferences } from '@/components/ui/stored-preferences'
import type { TimeMode } from './lines/times'

/** The user's settings for logs, stored in the browser and shared by all panes. */
export interface LogPreferences {
  times: boolean
  /** Line numbers. */
  numbers: boolean
  wrap: boolean
  /** Show lines with their fields, as a list, instead of the text as a terminal shows it. */
  fields: boolean
  /** What the time column counts from. */
  timeMode: TimeMode
  /** Show control characters and sequences instead of interpreting them. */
  raw: boolean
  /** Text for screen readers makes the log slower, so it is optional. */
  screenReader: boolean
}

const defaults: LogPreferences = {
  times: true,
  numbers: true,
  wrap: true,
  fields: false,
  timeMode: 'clock',
  raw: false,
  screenReader: false,
}

const preferences = storedPreferences('sandglass.log', defaults, (stored) => ({
  ...defaults,
  times: matchMedia('(min-width: 640px)').matches,
  numbers: matchMedia('(min-width: 640px)').matches,
  ...stored,
}))

/** Change some settings, in all panes at once. */
export const setLogPreferences = preferences.set
export const useLogPreferences = preferences.use
