'use client'
import { CircleHelp } from 'lucide-react'
import { useHotkeyActions } from '@/components/keys/hotkeys'
import { ConnectionStatus } from '@/components/live/connection-status'
import { useRole } from '@/components/target/role'
import { useTargets } from '@/components/target/target-provider'
import { IconButton } from '@/components/ui/button'
import { useInBrowser } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'

/** 24 px: connection, latency, streams and target on the left; timezone and keyboard shortcuts on the right. */
export function StatusBar() {
  const actions = useHotkeyActions()
  const { current, all } = useTargets()
  const role = useRole()
  return (
    <footer className="flex h-6 shrink-0 items-center gap-4 border-t border-line bg-surface px-3 font-mono text-meta text-ink-3 pointer-coarse:h-11">
      <ConnectionStatus />
      {all.length > 1 && (
        <span className="truncate">
          <OutsideText text={current} />
        </span>
      )}
      {role === 'viewer' && (
        <span className="text-peer" title="Your role is viewer. An owner of this console can change it.">
          ◉ View only
        </span>
      )}
      <span className="ml-auto">
        <Timezone />
      </span>
      <IconButton
        label="Keyboard shortcuts"
        hotkey="keys.show"
        size="sm"
        className="h-5 text-ink-3"
        icon={<CircleHelp strokeWidth={1.5} />}
        onClick={() => actions.run('keys.show')}
      />
    </footer>
  )
}

function Timezone() {
  const inBrowser = useInBrowser()
  if (!inBrowser) return null
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return <span title={`Times are shown in ${zone}`}>{utcOffset()}</span>
}

/** `UTC+2`, `UTC+5:30`, `UTC`. */
function utcOffset(): string {
  const minutes = -new Date().getTimezoneOffset()
  if (minutes === 0) return 'UTC'
  const rest = Math.abs(minutes) % 60
  const hours = Math.floor(Math.abs(minutes) / 60)
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`
}
