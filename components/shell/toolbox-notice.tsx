'use client'
import { X } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '@/components/ui/button'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import type { SandboxDto } from '@/lib/process-api/sandbox'

/**
 * Says that the toolbox of a running sandbox is not responding, or that the engine resumed or restarted it. Only past
 * events can be dismissed.
 */
export function ToolboxNotice({ notice }: { notice: NonNullable<SandboxDto['toolboxNotice']> }) {
  const [closed, setClosed] = useState<string | null>(null)
  if (closed === notice.at) return null
  return (
    <div
      role="status"
      className="tone-time flex shrink-0 items-center gap-3 border-b border-tone/40 tone-ground px-3 py-1.5 text-body"
    >
      <p className="min-w-0 flex-1">
        <LocalTime iso={notice.at} className="font-mono text-label text-ink-2" /> <OutsideText text={notice.message} />
        {notice.kind === 'restarted' && ' Everything that was running was lost; files are kept.'}
      </p>
      {notice.kind !== 'silent' && (
        <IconButton size="sm" label="Dismiss" icon={<X strokeWidth={1.5} />} onClick={() => setClosed(notice.at)} />
      )}
    </div>
  )
}
