'use client'
import type { toast as sonner } from 'sonner'

/** Toasts. `Toaster` loads the code that shows them after the page; those of before wait for it. */

type Show = typeof sonner
type Options = Parameters<Show>[1]

const pending: Array<(show: Show) => void> = []
let show: Show | null = null

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
  else pending.push(call)
}

/** Called when the toaster is on the page: shows what waits for it. Returns its removal. */
export function connectToaster(toaster: Show): () => void {
  show = toaster
  for (const call of pending.splice(0)) call(toaster)
  return () => {
    show = null
  }
}
