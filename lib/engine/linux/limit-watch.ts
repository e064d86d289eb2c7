/** What the sandbox's limits had to do with an end, told by the kernel's counters: never a guess from a signal alone. */

import {
  type ControlGroup,
  readForkFailures,
  readMemoryKills,
  readMemoryLimit,
  readProcessLimit,
} from './control-group'
import type { ExecutionEnd } from './verdict'

/** The counters are looked at so often while anything runs. A look costs about 20 µs. */
const lookMs = 1_000
/** A process that had gigabytes takes a while to go: its end is seen no later than this after it was killed. */
const longestDeathMs = 5_000
const gibibyte = 1024 ** 3

interface Look {
  at: number
  kills: number
}

/** One process, with all that it starts, from its start to its end. */
export interface Watched {
  /**
   * Say what the limits did, and stop watching.
   * @param sent the last signal that a person sent to it
   */
  explain(end: ExecutionEnd, sent?: string | null): ExecutionEnd
  /** Stop watching where nobody wants to know the end. */
  forget(): void
}

export class LimitWatch {
  private readonly looks: Look[] = []
  /** When a kill was found to be the end of something that is watched. */
  private readonly claims: number[] = []
  private busy = 0
  private timer: NodeJS.Timeout | null = null

  /** @param config read anew each time: a warm toolbox learns late what sandbox it is */
  constructor(private readonly config: { readonly group: ControlGroup | null }) {}

  /**
   * Call before the process starts.
   * @param isIdle it waits for its work for hours: the counters are not looked at for its sake alone
   */
  begin({ isIdle = false } = {}): Watched {
    const { group } = this.config
    if (group === null) return { explain: (end, sent = null) => explainSignal(end, sent, false), forget: () => {} }
    const begun = this.look(group)
    const forkFailures = readForkFailures(group) ?? 0
    let stop = isIdle ? () => {} : this.keepLooking(group)
    const forget = () => {
      stop()
      stop = () => {}
    }
    return {
      forget,
      explain: (end, sent = null) => {
        const now = this.look(group)
        const isVictim = isKilled(end, sent) && this.takeKill(begun, now)
        forget()
        if (isVictim) return { ...end, signal: 'SIGKILL', reason: 'memory', message: memorySentence(group) }
        // What has a reason of its own says so already.
        if (end.reason === 'spawn-failed' || end.reason === 'memory') return end
        return withFacts(explainSignal(end, sent, true), [
          killsSentence(group, now.kills - begun.kills),
          forksSentence(group, (readForkFailures(group) ?? 0) - forkFailures),
        ])
      },
    }
  }

  /** True where the kernel ended a process for its memory lately, and no other end is known to have been that. */
  private takeKill(begun: Look, now: Look): boolean {
    const since = Math.max(begun.at, now.at - longestDeathMs)
    const before = this.looks.findLast((look) => look !== now && look.at <= since) ?? begun
    const claimed = this.claims.filter((at) => at > before.at).length
    if (now.kills - before.kills <= claimed) return false
    this.claims.push(now.at)
    return true
  }

  private look(group: ControlGroup): Look {
    const now = { at: performance.now(), kills: readMemoryKills(group) ?? 0 }
    const old = now.at - longestDeathMs - 2 * lookMs
    while ((this.looks[1]?.at ?? now.at) < old) this.looks.shift()
    while ((this.claims[0] ?? now.at) < old) this.claims.shift()
    this.looks.push(now)
    return now
  }

  /** Returns what ends it. */
  private keepLooking(group: ControlGroup): () => void {
    this.busy += 1
    this.timer ??= setInterval(() => this.look(group), lookMs).unref()
    return () => {
      this.busy -= 1
      if (this.busy > 0 || !this.timer) return
      clearInterval(this.timer)
      this.timer = null
    }
  }
}

/** By SIGKILL that nobody sent from here; a shell says so with 137. */
function isKilled({ reason, signal, exitCode }: ExecutionEnd, sent: string | null): boolean {
  if (sent === 'SIGKILL' || (reason !== 'signalled' && reason !== 'exited')) return false
  return signal === 'SIGKILL' || (signal === null && exitCode === 137)
}

function explainSignal(end: ExecutionEnd, sent: string | null, isMemoryKnown: boolean): ExecutionEnd {
  if (end.reason !== 'signalled' || end.signal === null || end.message) return end
  if (sent === end.signal) return { ...end, message: `It was ended by ${sent}, which was sent to it on request.` }
  if (end.signal !== 'SIGKILL') return end
  const notBy = isMemoryKnown ? 'It was not the memory limit.' : 'The machine may have run out of memory.'
  return { ...end, message: `It was killed by SIGKILL; who sent it is not known. ${notBy}` }
}

function withFacts(end: ExecutionEnd, facts: readonly (string | null)[]): ExecutionEnd {
  const sentences = [end.message ?? null, ...facts].filter((sentence) => sentence !== null)
  return sentences.length === 0 ? end : { ...end, message: sentences.join(' ') }
}

/** What ended it and what to do next. */
export function memorySentence(group: ControlGroup): string {
  return `It was ended by the sandbox's memory limit${limitOf(group)}: give the sandbox more memory, or let the program use less.`
}

function killsSentence(group: ControlGroup, count: number): string | null {
  if (count <= 0) return null
  return `While it ran, the sandbox's memory limit${limitOf(group)} ended ${counted(count, 'process', 'processes')}.`
}

function forksSentence(group: ControlGroup, count: number): string | null {
  if (count <= 0) return null
  const limit = readProcessLimit(group)
  const most = limit === null ? 'there were too many' : `the sandbox may have ${limit} processes and threads at a time`
  return `While it ran, a process could not be started ${count === 1 ? 'once' : `${count} times`}: ${most}.`
}

function limitOf(group: ControlGroup): string {
  const limit = readMemoryLimit(group)
  return limit === null ? '' : ` of ${Number((limit / gibibyte).toFixed(2))} GiB`
}

function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`
}
