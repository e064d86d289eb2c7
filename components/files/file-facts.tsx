'use client'
import type { ReactNode } from 'react'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { formatBytes } from '@/components/ui/quantity'
import type { FileInfo } from '@/lib/process-api/files'

/** One line with what is known of a file or folder. */
export function FileFacts({ info }: { info: FileInfo }) {
  return (
    <p className="flex shrink-0 flex-wrap items-center gap-x-3 border-t border-line bg-surface px-3 py-1 text-label text-ink-3 tabular-nums">
      {!info.isDir && <span title={`${info.size} bytes`}>{formatBytes(info.size)}</span>}
      <span className="font-mono">{info.mode}</span>
      <span>
        owner <OutsideText text={info.owner} />
      </span>
      <span>
        changed <LocalTime iso={info.modifiedAt} />
      </span>
      {typeof info.link === 'string' && (
        <span className="min-w-0 truncate">
          link to{' '}
          <span className="font-mono text-ink-2">
            <OutsideText text={info.link} />
          </span>
        </span>
      )}
    </p>
  )
}

/** A sentence in place of a file's contents. */
export function FileNote({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-start gap-3 px-3 py-3 text-body text-ink-2">
      <p>{children}</p>
      {action}
    </div>
  )
}
