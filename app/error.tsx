'use client'
import { useEffect } from 'react'
import { ErrorState, type Failure } from '@/components/ui/error-state'

/** Shown when a page throws. The error goes to the browser's console; its digest identifies it in the server's log. */
export default function PageError({ error, retry }: { error: unknown; retry: () => void }) {
  useEffect(() => {
    console.error(error)
  }, [error])
  const digest =
    error instanceof Error && 'digest' in error && typeof error.digest === 'string' ? error.digest : undefined
  const isOutdated = isChunkError(error)
  return (
    <div className="flex min-h-dvh flex-1 items-center">
      <ErrorState
        failure={isOutdated ? outdated : broken}
        details={digest && `digest ${digest}`}
        onRetry={isOutdated ? () => location.reload() : retry}
      />
    </div>
  )
}

const broken: Failure = {
  code: 'INTERNAL_SERVER_ERROR',
  message: 'Something went wrong on this page.',
  hint: 'Your sandboxes are not affected. Retry; if it happens again, copy the details and report them.',
}

const outdated: Failure = {
  code: 'CONFLICT',
  message: 'Part of this page could not be loaded.',
  hint: 'The console was updated after this page was opened, or the network is down. Retry reloads the page; drafts are kept.',
}

/** Whether a chunk could not be loaded. Chunks load on first use; after an update of the console, old ones are missing. */
function isChunkError(error: unknown): boolean {
  return error instanceof Error && (error.name === 'ChunkLoadError' || /load(ing)? (css )?chunk/i.test(error.message))
}
