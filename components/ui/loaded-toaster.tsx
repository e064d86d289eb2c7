'use client'
import { useEffect } from 'react'
import { Toaster as Sonner, toast } from 'sonner'
import { connectToaster } from './toast'

/** The part of the toaster that is loaded with the first toast. */
export function LoadedToaster() {
  // Runs after the effects of the child, which subscribes to toasts.
  useEffect(() => connectToaster(toast), [])
  return (
    <Sonner
      position="bottom-right"
      offset={{ bottom: 36, right: 12 }}
      mobileOffset={{ bottom: 36, left: 12, right: 12 }}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            'flex w-full items-start gap-3 rounded-overlay border border-line bg-raised px-3 py-2.5 font-sans text-body text-ink shadow-overlay',
          title: 'font-medium',
          description: 'text-ink-2',
          actionButton: 'ml-auto shrink-0 text-label font-medium text-accent underline-offset-2 hover:underline',
        },
      }}
    />
  )
}
