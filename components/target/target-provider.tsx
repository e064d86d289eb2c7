'use client'
import { usePathname } from 'next/navigation'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { readAddress } from './addresses'

/** A deployment that the console talks to; `apiUrl` is null for the local engine. */
export interface TargetChoice {
  name: string
  apiUrl: string | null
}

interface Targets {
  /** The target in the address. */
  current: string
  all: readonly TargetChoice[]
}

const TargetContext = createContext<Targets | null>(null)

/** Provides the configured targets, and the current one from the address. */
export function TargetProvider({ all, children }: { all: readonly TargetChoice[]; children: ReactNode }) {
  const current = readAddress(usePathname()).target
  const value = useMemo(() => ({ current, all }), [current, all])
  return <TargetContext value={value}>{children}</TargetContext>
}

export function useTargets(): Targets {
  const targets = useContext(TargetContext)
  if (!targets) throw new Error('TargetProvider is missing above this component')
  return targets
}

/** Name of the target that this page belongs to. */
export function useTarget(): string {
  return useTargets().current
}
