'use client'
import { Gauge, Pause, Play, SkipForward, Timer } from 'lucide-react'
import { useHotkey } from '@/components/keys/hotkeys'
import { Button, IconButton } from '@/components/ui/button'
import { Menu, MenuLabel, MenuRadioGroup } from '@/components/ui/menu'
import type { ReplayMark } from '@/lib/replay/replay-event'
import type { PlayerState, ReplayPlayer } from '@/lib/replay/replay-player'
import { formatPosition } from './replay-time'
import { SeekBar } from './seek-bar'

const speeds = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64]
const speedOptions = speeds.map((speed) => ({ value: String(speed), label: `${speed}×` }))
const pauseOptions = [
  { value: '', label: 'As recorded' },
  ...[500, 1000, 2000, 5000, 10_000].map((ms) => ({ value: String(ms), label: `At most ${ms / 1000} s` })),
]
const skipMs = 5_000
/** Tenths of a second are shown for recordings up to this length. */
const shortMs = 60_000

/** Play, seek, speed and pauses. */
export function ReplayControls({
  player,
  state,
  positionMs,
  marks,
  onSeek,
}: {
  player: ReplayPlayer
  state: PlayerState
  positionMs: number
  marks: readonly ReplayMark[]
  onSeek: (ms: number) => void
}) {
  const { phase, durationMs, speed, maxPauseMs } = state
  const isPlaying = phase === 'playing'
  const toggle = () => (isPlaying ? player.pause() : player.play())
  useHotkey('replay.play', toggle)
  useHotkey('replay.back', () => onSeek(player.positionMs - skipMs))
  useHotkey('replay.forward', () => onSeek(player.positionMs + skipMs))
  useHotkey('replay.step', () => void player.step())
  const isShort = durationMs < shortMs
  return (
    <div
      role="toolbar"
      aria-label="Replay"
      className="flex min-h-10 shrink-0 flex-wrap items-center gap-x-2 gap-y-1 border-t border-line bg-surface px-2 py-1"
    >
      <IconButton
        label={isPlaying ? 'Pause' : 'Play'}
        hotkey="replay.play"
        icon={isPlaying ? <Pause strokeWidth={1.5} /> : <Play strokeWidth={1.5} />}
        onClick={toggle}
      />
      <IconButton
        label="Next output"
        hotkey="replay.step"
        icon={<SkipForward strokeWidth={1.5} />}
        onClick={() => void player.step()}
      />
      <span className="font-mono text-label text-ink-2 tabular-nums">
        <span data-position="">{formatPosition(positionMs, isShort)}</span>
        <span className="text-ink-3"> / {formatPosition(durationMs, isShort)}</span>
      </span>
      <SeekBar positionMs={positionMs} durationMs={durationMs} marks={marks} onSeek={onSeek} />
      <Menu
        label="Speed"
        trigger={
          <Button size="sm" icon={<Gauge strokeWidth={1.5} />} aria-label={`Speed: ${speed}×`}>
            {speed}×
          </Button>
        }
      >
        <MenuRadioGroup
          value={String(speed)}
          onChange={(value) => player.setSpeed(Number(value))}
          options={speedOptions}
        />
      </Menu>
      <Menu
        label="Pauses"
        trigger={
          <Button size="sm" icon={<Timer strokeWidth={1.5} />} aria-label={`Pauses: ${pauseWord(maxPauseMs)}`}>
            {maxPauseMs === null ? 'Pauses' : `≤ ${maxPauseMs / 1000} s`}
          </Button>
        }
      >
        <MenuLabel>Pauses without output</MenuLabel>
        <MenuRadioGroup
          value={maxPauseMs === null ? '' : String(maxPauseMs)}
          onChange={(value) => player.setMaxPause(value === '' ? null : Number(value))}
          options={pauseOptions}
        />
      </Menu>
    </div>
  )
}

function pauseWord(maxPauseMs: number | null): string {
  return maxPauseMs === null ? 'as recorded' : `at most ${maxPauseMs / 1000} s`
}
