'use client'
import { createContext, type ReactNode, useContext, useMemo, useState } from 'react'
import { keepPreference } from '@/components/theme/theme'
import { navCookie } from './nav-cookie'

interface NavState {
  /** 44 px of icons instead of 208 px with words; from 768 px up. */
  narrow: boolean
  /** The sheet below 768 px. */
  sheetOpen: boolean
  setSheetOpen: (open: boolean) => void
  /** What ⌘B does: the sheet on a phone, the width else. */
  toggle: () => void
}

const NavContext = createContext<NavState | null>(null)

/** The server gives the width from the cookie, so the first paint does not jump. */
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
        keepPreference(navCookie, narrow ? 'wide' : 'narrow')
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
