'use client'
import type { toast as sonner } from 'sonner'

/** Toasts, whose code is loaded with the first one. `Toaster` shows them. */

type Show = typeof sonner
type Options = Parameters<Show>[1]

const pending: Array<(show: Show) => void> = []
let show: Show | null = null
let notify: (() => void) | null = null

/** Shows a message. */
export function showToast(message: string, options?: Options): void {
  run((toast) => toast(message, options))
}

/** Shows why something that was requested failed. */
export function showErrorToast(message: string, options?: Options): void {
  run((toast) => toast.error(message, options))
}

function run(call: (toast: Show) => void): void {
  if (show) call(show)
  else {
    pending.push(call)
    notify?.()
  }
}

/** Whether a toast waits for the code that shows it; for `useSyncExternalStore`. */
export const toastRequests = {
  subscribe(listener: () => void): () => void {
    notify = listener
    return () => {
      notify = null
    }
  },
  isPending: () => pending.length > 0,
}

/** Called when the toaster is on the page: shows what waits for it. Returns its removal. */
export function connectToaster(toaster: Show): () => void {
  show = toaster
  for (const call of pending.splice(0)) call(toaster)
  return () => {
    show = null
  }
}
