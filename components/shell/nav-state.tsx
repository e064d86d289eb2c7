'use client'
import { createContext, type ReactNode, useContext, useMemo, useState } from 'react'
import { savePreference } from '@/components/theme/theme'
import { navCookie } from './nav-cookie'

interface NavState {
  /** Collapsed: 44 px of icons instead of 208 px with text. Applies from 768 px up. */
  narrow: boolean
  /** The menu below 768 px. */
  sheetOpen: boolean
  setSheetOpen: (open: boolean) => void
  /** What ⌘B does: opens or closes the menu on a phone, collapses or expands the sidebar elsewhere. */
  toggle: () => void
}

const NavContext = createContext<NavState | null>(null)

/** `narrow` is the initial state from the cookie, so that the first paint does not jump. */
export function NavProvider({ narrow: initial, children }: { narrow: boolean; children: ReactNode }) {
  const [narrow, setNarrow] = useState(initial)
  const [sheetOpen, setSheetOpen] = useState(false)
  const state = useMemo<NavState>(
    () => ({
      narrow,
      sheetOpen,
      setSheetOpen,
      toggle() {
        if (!matchMedia('(min-width: 768px)').matches) {
          setSheetOpen(!sheetOpen)
          return
        }
        setNarrow(!narrow)
        savePreference(navCookie, narrow ? 'wide' : 'narrow')
      },
    }),
    [narrow, sheetOpen],
  )
  return <NavContext value={state}>{children}</NavContext>
}

export function useNav(): NavState {
  const state = useContext(NavContext)
  if (!state) throw new Error('NavProvider is missing above this component')
  return state
}
