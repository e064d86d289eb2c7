'use client'
import {
  Accessibility,
  Circle,
  CircleStop,
  Copy,
  Ellipsis,
  ListVideo,
  Minus,
  Plus,
  RotateCw,
  Search,
  Trash2,
  X,
} from 'lucide-react'
import { useState } from 'react'
import { replayAddress } from '@/components/target/replay-address'
import { useTarget } from '@/components/target/target-provider'
import { useCapabilities } from '@/components/target/use-capabilities'
import { IconButton } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import {
  Menu,
  MenuCheckboxItem,
  MenuItem,
  MenuLabel,
  MenuLink,
  MenuRadioGroup,
  MenuSeparator,
} from '@/components/ui/menu'
import type { PtyDetail } from '@/lib/process-api/pty'
import { toCallFailure } from '@/lib/queries/call-failure'
import type { PtyView } from './pty-view'
import { useKillTerminal, type useRecordTerminal } from './terminal-mutations'
import { maxFontSize, minFontSize, setTerminalPreferences, useTerminalPreferences } from './terminal-preferences'

const fonts = [
  { value: 'geist', label: 'Geist Mono' },
  { value: 'system', label: 'System monospace' },
] as const

/** The controls of a terminal, for the right end of its header. */
export function TerminalToolbar({
  sandboxId,
  ptyId,
  pty,
  view,
  record,
  ended,
  canClose,
  onClose,
  onFind,
  onRestart,
}: {
  sandboxId: string
  ptyId: string
  pty: PtyDetail | null
  view: PtyView | null
  record: ReturnType<typeof useRecordTerminal>
  ended: boolean
  canClose: boolean
  onClose: () => void
  onFind: () => void
  onRestart: () => void
}) {
  const kill = useKillTerminal(sandboxId)
  const target = useTarget()
  const { terminals: hasRecordings } = useCapabilities(sandboxId)
  const [killing, setKilling] = useState(false)
  const recording = pty?.recording !== null && pty !== null
  const { fontSize, font, screenReader } = useTerminalPreferences()
  return (
    <>
      <IconButton size="sm" label="Find" hotkey="log.find" icon={<Search strokeWidth={1.5} />} onClick={onFind} />
      <ConfirmPopover
        open={killing}
        onOpenChange={setKilling}
        anchor={
          <Menu
            label="Terminal"
            trigger={<IconButton size="sm" label="Terminal options" icon={<Ellipsis strokeWidth={1.5} />} />}
          >
            <MenuItem icon={<Copy strokeWidth={1.5} />} disabled={!view} onSelect={() => void view?.copyAll()}>
              Copy screen and scrollback
            </MenuItem>
            {hasRecordings && (
              <MenuItem
                icon={recording ? <CircleStop strokeWidth={1.5} /> : <Circle strokeWidth={1.5} />}
                disabled={ended || record.isPending}
                onSelect={() => record.mutate(recording ? 'stop' : 'start', { onSettled: () => view?.focus() })}
              >
                {recording ? 'Stop recording' : 'Record the output'}
              </MenuItem>
            )}
            {hasRecordings && (
              <MenuLink icon={<ListVideo strokeWidth={1.5} />} href={replayAddress(target, sandboxId)}>
                Recordings
              </MenuLink>
            )}
            <MenuSeparator />
            <MenuLabel>Font, in all terminals</MenuLabel>
            <MenuRadioGroup value={font} onChange={(next) => setTerminalPreferences({ font: next })} options={fonts} />
            <MenuItem
              icon={<Plus strokeWidth={1.5} />}
              disabled={fontSize >= maxFontSize}
              onSelect={() => setTerminalPreferences({ fontSize: fontSize + 1 })}
            >
              Larger, now {fontSize} px
            </MenuItem>
            <MenuItem
              icon={<Minus strokeWidth={1.5} />}
              disabled={fontSize <= minFontSize}
              onSelect={() => setTerminalPreferences({ fontSize: fontSize - 1 })}
            >
              Smaller
            </MenuItem>
            <MenuCheckboxItem
              checked={screenReader}
              onChange={(next) => setTerminalPreferences({ screenReader: next })}
            >
              <span className="flex items-center gap-2 [&>svg]:size-4">
                <Accessibility strokeWidth={1.5} />
                Text for screen readers
              </span>
            </MenuCheckboxItem>
            <MenuSeparator />
            {ended ? (
              <MenuItem icon={<RotateCw strokeWidth={1.5} />} onSelect={onRestart}>
                Restart
              </MenuItem>
            ) : (
              <MenuItem danger icon={<Trash2 strokeWidth={1.5} />} onSelect={() => setKilling(true)}>
                Kill terminal…
              </MenuItem>
            )}
          </Menu>
        }
        title={`Kill ${ptyId}?`}
        confirm="Kill"
        onConfirm={() => kill.mutateAsync(ptyId)}
        error={kill.error && toCallFailure(kill.error).message}
      >
        The shell and everything that runs in this terminal are killed, for all viewers.
      </ConfirmPopover>
      {canClose && (
        <IconButton
          size="sm"
          label="Close this pane; the terminal keeps running"
          icon={<X strokeWidth={1.5} />}
          onClick={onClose}
        />
      )}
    </>
  )
}
