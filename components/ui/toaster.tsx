'use client'
import { useSyncExternalStore } from 'react'
import { toastRequests } from './toast'
import { useLazyPart } from './use-lazy-part'

const loadToaster = () => import('./loaded-toaster')

/** Toasts at the bottom right, only for results that have no place of their own on the page. */
export function Toaster() {
  const isNeeded = useSyncExternalStore(toastRequests.subscribe, toastRequests.isPending, () => false)
  const part = useLazyPart(loadToaster, isNeeded)
  return part && <part.LoadedToaster />
}
