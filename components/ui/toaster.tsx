'use client'
import { useLazyPart } from './use-lazy-part'

const loadToaster = () => import('./loaded-toaster')

/** Toasts at the bottom right, only for results that have no place of their own on the page. */
export function Toaster() {
  // Loaded at once after the page: a toast that reports a lost connection could not be loaded any more.
  const part = useLazyPart(loadToaster, true)
  return part && <part.LoadedToaster />
}
