'use client'
import '@xterm/xterm/css/xterm.css'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { OutsideText } from '@/components/ui/outside-text'
import type { PtyExit } from '@/lib/live/client/pty-channel'
import { useLiveClient } from '@/lib/live/client/use-live'
import type { TerminalScreen } from './terminal-screen'
import { useShown } from './use-shown'

/** The screen of a terminal, live while it is on the screen, and without input. */
export function TerminalBody({
  target,
  sandboxId,
  ptyId,
  onExit,
  onReceived,
}: {
  target: string
  sandboxId: string
  ptyId: string
  onExit: (exit: PtyExit) => void
  onReceived: (bytes: number) => void
}) {
  const host = useRef<HTMLDivElement>(null)
  const client = useLiveClient()
  const [screen, setScreen] = useState<TerminalScreen | null>(null)
  const [message, setMessage] = useState<string | null>(null)
  const shown = useShown(host)
  const exit = useEffectEvent((end: PtyExit) => onExit(end))
  const receive = useEffectEvent((bytes: number) => onReceived(bytes))

  useEffect(() => {
    const abort = new AbortController()
    let opened: TerminalScreen | null = null
    void import('./terminal-screen').then(async ({ TerminalScreen }) => {
      if (abort.signal.aborted || !host.current) return
      opened = await TerminalScreen.open(
        {
          host: host.current,
          client,
          address: { target, sandboxId, ptyId },
          onExit: (end) => exit(end),
          onMessage: setMessage,
          onReceived: (bytes) => receive(bytes),
        },
        abort.signal,
      )
      setScreen(opened)
    })
    return () => {
      abort.abort()
      opened?.close()
      setScreen(null)
    }
  }, [client, target, sandboxId, ptyId])
  useEffect(() => {
    if (shown) screen?.start()
    else screen?.stop()
  }, [screen, shown])

  return (
    <div className="relative min-h-0 flex-1 bg-term p-1.5">
      <div ref={host} inert className="wall-terminal h-full overflow-hidden" />
      {message && (
        <p className="absolute inset-x-0 top-0 border-b border-line bg-raised px-3 py-1 text-label text-ink-2">
          <OutsideText text={message} />
        </p>
      )}
    </div>
  )
}
