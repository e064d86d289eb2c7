'use client'
import { RotateCw, X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { Button, IconButton } from '@/components/ui/button'
import { OutsideText } from '@/components/ui/outside-text'
import { formatBytes } from '@/components/ui/quantity'
import { visibleText } from '@/lib/display/visible-text'
import { nameOf } from './paths'
import {
  cancelUploads,
  currentUploads,
  dismissUploads,
  isPending,
  retryUpload,
  subscribeUploads,
  type Upload,
} from './upload-queue'

const maxShown = 50
const none: readonly Upload[] = []

/** Uploads into this sandbox with progress, speed, and what can be done about each. Nothing while there are none. */
export function UploadPanel({ sandboxId }: { sandboxId: string }) {
  const target = useTarget()
  const all = useSyncExternalStore(subscribeUploads, currentUploads, () => none)
  const uploads = all.filter((one) => one.sandboxId === sandboxId && one.target === target)
  if (uploads.length === 0) return null
  const pending = uploads.filter(isPending)
  const ended = uploads.filter((one) => !isPending(one))
  // Running and failed ones first: they need attention.
  const order = [...uploads].sort((a, b) => rank(a) - rank(b) || a.id - b.id)
  return (
    <section aria-label="Uploads" className="flex max-h-52 shrink-0 flex-col border-t border-line bg-surface">
      <header className="flex min-h-8 shrink-0 items-center gap-2 border-b border-line pr-1.5 pl-3">
        <h2 className="text-label font-medium text-ink-2">Uploads</h2>
        <p role="status" className="min-w-0 flex-1 truncate text-label text-ink-3 tabular-nums">
          {summary(uploads)}
        </p>
        {pending.length > 1 && (
          <Button size="sm" onClick={() => cancelUploads(pending.map(({ id }) => id))}>
            Cancel all
          </Button>
        )}
        {ended.length > 0 && (
          <Button size="sm" onClick={() => dismissUploads(ended.map(({ id }) => id))}>
            Clear
          </Button>
        )}
      </header>
      <ul
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard.
        tabIndex={0}
        aria-label="Files being uploaded"
        className="focus-inset min-h-0 overflow-auto"
      >
        {order.slice(0, maxShown).map((upload) => (
          <Row key={upload.id} upload={upload} />
        ))}
      </ul>
      {order.length > maxShown && <p className="px-3 py-1 text-label text-ink-3">and {order.length - maxShown} more</p>}
    </section>
  )
}

function rank({ state }: Upload): number {
  if (state === 'exists' || state === 'failed') return 0
  if (state === 'sending' || state === 'storing') return 1
  return state === 'queued' ? 2 : 3
}

function summary(uploads: readonly Upload[]): string {
  const done = uploads.filter(({ state }) => state === 'done').length
  const failed = uploads.filter(({ state }) => state === 'failed' || state === 'exists').length
  return `${done} of ${uploads.length} stored${failed > 0 ? `, ${failed} not stored` : ''}`
}

function Row({ upload }: { upload: Upload }) {
  const { id, path, size, sent, state } = upload
  const percent = size === 0 ? 0 : Math.floor((sent / size) * 100)
  const name = visibleText(nameOf(path))
  return (
    <li className="flex min-h-8 items-center gap-3 border-b border-line px-3 py-1 text-label last:border-b-0">
      <span className="min-w-0 flex-1 truncate font-mono" title={visibleText(path)}>
        <OutsideText text={nameOf(path)} />
      </span>
      {(state === 'sending' || state === 'storing') && (
        <progress
          aria-label={`Upload of ${name}`}
          value={sent}
          max={Math.max(1, size)}
          className="h-1.5 w-24 shrink-0 appearance-none overflow-hidden rounded-chip bg-hover [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-hover [&::-webkit-progress-value]:bg-accent"
        />
      )}
      <span className="shrink-0 text-ink-2 tabular-nums max-sm:max-w-[45%] max-sm:shrink">
        <Word upload={upload} percent={percent} />
      </span>
      {isPending(upload) && (
        <Button size="sm" aria-label={`Cancel the upload of ${name}`} onClick={() => cancelUploads([id])}>
          Cancel
        </Button>
      )}
      {state === 'exists' && (
        <Button size="sm" aria-label={`Replace ${name}`} onClick={() => retryUpload(id, true)}>
          Replace
        </Button>
      )}
      {(state === 'failed' || state === 'cancelled') && (
        <IconButton
          size="sm"
          label={`Upload ${name} again`}
          icon={<RotateCw strokeWidth={1.5} />}
          onClick={() => retryUpload(id)}
        />
      )}
      {!isPending(upload) && (
        <IconButton
          size="sm"
          label={`Remove ${name} from the list`}
          icon={<X strokeWidth={1.5} />}
          onClick={() => dismissUploads([id])}
        />
      )}
    </li>
  )
}

function Word({ upload, percent }: { upload: Upload; percent: number }) {
  switch (upload.state) {
    case 'queued':
      return <>waiting · {formatBytes(upload.size)}</>
    case 'sending':
      return (
        <>
          {percent} %{upload.bytesPerSecond > 0 && ` · ${formatBytes(Math.round(upload.bytesPerSecond))}/s`}
        </>
      )
    case 'storing':
      return <>storing…</>
    case 'done':
      return <span className="text-ok">✓ {formatBytes(upload.size)}</span>
    case 'cancelled':
      return <>cancelled</>
    case 'exists':
      return <span className="text-time">already exists</span>
    case 'failed':
      return (
        <span className="text-fail">
          <OutsideText text={upload.message ?? 'failed'} />
        </span>
      )
    default:
      return upload.state satisfies never
  }
}
