'use client'
import { createContext, type ReactNode, useContext, useMemo, useState } from 'react'
import { savePreference, type Theme, themeCookie } from './theme'

interface ThemeChoice {
  theme: Theme
  setTheme: (theme: Theme) => void
}

const ThemeContext = createContext<ThemeChoice | null>(null)

/**
 * The server sets `data-theme` on <html> from the cookie, so the first paint is right without a script.
 * This provider updates both when the user selects a theme.
 */
export function ThemeProvider({ initial, children }: { initial: Theme; children: ReactNode }) {
  const [theme, setTheme] = useState(initial)
  const choice = useMemo<ThemeChoice>(
    () => ({
      theme,
      setTheme(next) {
        setTheme(next)
        document.documentElement.dataset.theme = next
        savePreference(themeCookie, next)
      },
    }),
    [theme],
  )
  return <ThemeContext value={choice}>{children}</ThemeContext>
}

export function useTheme(): ThemeChoice {
  const choice = useContext(ThemeContext)
  if (!choice) throw new Error('ThemeProvider is missing above this component')
  return choice
}

/** Calls `listener` after the colours changed: by the user, or by the system while the theme is `system`. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  const system = matchMedia('(prefers-color-scheme: dark)')
  system.addEventListener('change', listener)
  return () => {
    observer.disconnect()
    system.removeEventListener('change', listener)
  }
}
