/** The program of an exported page: plays the recording that stands in the page. Built to `dist/replay/player.js`. */
import { blobReader, CastSource } from '@/lib/replay/cast-source'
import { ReplayPlayer } from '@/lib/replay/replay-player'
import { browserClock } from '../browser-clock'
import { ReplayTerminal } from '../replay-terminal'
import { formatPosition, spokenPosition } from '../replay-time'

const speeds = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64]
const theme = {
  background: '#101216',
  foreground: '#f3f4f6',
  cursor: '#5cd6e6',
  cursorAccent: '#101216',
  selectionBackground: '#2f5560',
}

async function main(): Promise<void> {
  const root = document.getElementById('player')
  const data: unknown = JSON.parse(document.getElementById('recording')?.textContent ?? '[]')
  if (!root || !Array.isArray(data)) return
  const { signal } = new AbortController()
  const source = await CastSource.open(blobReader(new Blob([data.join('\n')])), signal)
  const screen = element('div', 'screen')
  const controls = element('div', 'controls')
  controls.setAttribute('role', 'toolbar')
  controls.setAttribute('aria-label', 'Replay')
  root.append(screen, controls)
  const font = { family: 'ui-monospace, monospace', size: 14 }
  const terminal = new ReplayTerminal(screen, font, theme, false, document.title)
  const player = new ReplayPlayer(source, terminal, browserClock)
  addControls(controls, player)
  await player.seek(0)
}

function addControls(controls: HTMLElement, player: ReplayPlayer): void {
  const { durationMs } = player.getState()
  const play = element('button', 'play')
  play.addEventListener('click', () => (player.getState().phase === 'playing' ? player.pause() : player.play()))
  const position = element('span', 'position')
  const bar = element('input', 'seek')
  Object.assign(bar, { type: 'range', min: '0', max: String(Math.ceil(durationMs)), step: 'any', value: '0' })
  bar.setAttribute('aria-label', 'Position')
  bar.addEventListener('input', () => void player.seek(Number(bar.value)))
  const speed = element('select', 'speed')
  speed.setAttribute('aria-label', 'Speed')
  speed.append(...speeds.map((value) => new Option(`${value}×`, String(value), value === 1, value === 1)))
  speed.addEventListener('change', () => player.setSpeed(Number(speed.value)))
  const pauses = element('select', 'pauses')
  pauses.setAttribute('aria-label', 'Pauses')
  pauses.append(new Option('Pauses as recorded', ''))
  for (const seconds of [0.5, 1, 2, 5]) pauses.append(new Option(`Pauses at most ${seconds} s`, String(seconds * 1000)))
  pauses.addEventListener('change', () => player.setMaxPause(pauses.value === '' ? null : Number(pauses.value)))
  controls.append(play, position, bar, speed, pauses)

  const show = () => {
    const ms = player.positionMs
    position.textContent = `${formatPosition(ms)} / ${formatPosition(durationMs)}`
    bar.value = String(ms)
    bar.setAttribute('aria-valuetext', spokenPosition(ms))
    const isPlaying = player.getState().phase === 'playing'
    play.textContent = isPlaying ? '❚❚' : '▶'
    play.setAttribute('aria-label', isPlaying ? 'Pause' : 'Play')
    if (isPlaying) requestAnimationFrame(show)
  }
  player.subscribe(show)
  show()
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, className: string): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  made.className = className
  return made
}

void main()
