'use client'
import { type RefObject, useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import { loadLogFont } from '@/components/log-pane/log-font'
import { readTerminalTheme } from '@/components/theme/terminal-theme'
import { onThemeChange } from '@/components/theme/theme-provider'
import { type PlayerState, ReplayPlayer } from '@/lib/replay/replay-player'
import { browserClock } from './browser-clock'
import type { OpenedReplay } from './open-replay'

const fontSize = 13

/** Opens the screen and the player of a replay in the host, at a time. Null until its code and font are loaded. */
export function useReplayPlayer(
  host: RefObject<HTMLDivElement | null>,
  opened: OpenedReplay,
  startMs: number,
): ReplayPlayer | null {
  const [player, setPlayer] = useState<ReplayPlayer | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  useEffect(() => {
    const abort = new AbortController()
    let close = () => {}
    const start = async () => {
      const [{ ReplayTerminal }, font] = await Promise.all([import('./replay-terminal'), loadLogFont(fontSize)])
      if (abort.signal.aborted || !host.current) return
      const { source, isPlainOutput, info } = opened
      const label = `Replay of ${info.title}`
      const screen = new ReplayTerminal(host.current, font, readTerminalTheme(), isPlainOutput, label)
      const created = new ReplayPlayer(source, screen, browserClock)
      const stopThemes = onThemeChange(() => screen.setTheme(readTerminalTheme()))
      close = () => {
        stopThemes()
        created.close()
        screen.dispose()
      }
      setPlayer(created)
      await created.seek(startMs)
    }
    start().catch(setFailure)
    return () => {
      abort.abort()
      close()
      setPlayer(null)
    }
  }, [host, opened, startMs])
  if (failure) throw failure // the code could not be loaded: the page's error boundary shows the error
  return player
}

export function usePlayerState(player: ReplayPlayer | null): PlayerState | null {
  const subscribe = useCallback((listener: () => void) => player?.subscribe(listener) ?? (() => undefined), [player])
  return useSyncExternalStore(
    subscribe,
    () => player?.getState() ?? null,
    () => null,
  )
}

/** The position in ms, up to date in each frame while it is played. */
export function usePosition(player: ReplayPlayer | null, state: PlayerState | null): number {
  const [positionMs, setPosition] = useState(0)
  const isMoving = state?.phase === 'playing' && !state.isSeeking
  useEffect(() => {
    if (!player || !state) return
    setPosition(player.positionMs)
    if (!isMoving) return
    let frame = requestAnimationFrame(function update() {
      setPosition(player.positionMs)
      frame = requestAnimationFrame(update)
    })
    return () => cancelAnimationFrame(frame)
  }, [player, state, isMoving])
  return positionMs
}

/** Seeks one at a time, so that dragging draws what it passes instead of starting over with each movement. */
export function useScrub(player: ReplayPlayer | null): (ms: number) => void {
  const [scrub] = useState(() => new Scrub())
  return useCallback((ms: number) => player && scrub.to(player, ms), [player, scrub])
}

class Scrub {
  private next: number | null = null
  private isBusy = false

  to(player: ReplayPlayer, ms: number): void {
    this.next = ms
    if (!this.isBusy) void this.work(player)
  }

  private async work(player: ReplayPlayer): Promise<void> {
    this.isBusy = true
    while (this.next !== null) {
      const ms = this.next
      this.next = null
      await player.seek(ms)
    }
    this.isBusy = false
  }
}
