'use client'
import { useEffect } from 'react'
import { ErrorState } from '@/components/ui/error-state'

/** A page that broke. The text of the error is for the browser's console; the digest finds it in the server's log. */
export default function PageError({ error, retry }: { error: unknown; retry: () => void }) {
  useEffect(() => {
    console.error(error)
  }, [error])
  const digest =
    error instanceof Error && 'digest' in error && typeof error.digest === 'string' ? error.digest : undefined
  return (
    <div className="flex flex-1 items-center">
      <ErrorState
        failure={{
          code: 'INTERNAL_SERVER_ERROR',
          message: 'This page broke.',
          hint: 'What runs in the sandboxes is not touched. Retry; if it breaks again, copy the details and report them.',
        }}
        details={digest && `digest ${digest}`}
        onRetry={retry}
      />
    </div>
  )
}
