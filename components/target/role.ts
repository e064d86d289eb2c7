'use client'
import { createContext, useContext } from 'react'
import type { Role } from '@/lib/process-api/people'

const RoleContext = createContext<Role>('owner')

/** Provides the role of whoever is signed in. The server checks each call; pages only show what the role includes. */
export const RoleProvider = RoleContext

export function useRole(): Role {
  return useContext(RoleContext)
}
