/** Explains ends caused by the sandbox's limits from the kernel's counters, never by a guess from a signal alone. */

import { type ControlGroup, forkFailuresOf, memoryKillsOf, readMemoryLimit, readProcessLimit } from './control-group'
import type { CounterFile } from './counter-file'
import type { ExecutionEnd } from './execution-end'

/** How often the counters are read while anything runs. */
const sampleIntervalMs = 1_000
/** A process with gigabytes of memory takes a while to exit: its end is seen at most this long after the kill. */
const maxExitDelayMs = 5_000
const gibibyte = 1024 ** 3

interface Sample {
  at: number
  kills: number
}

/** One process and its descendants, watched from start to end. */
export interface WatchedProcess {
  /**
   * Add to the end what the limits did, and stop watching.
   * @param sentSignal the last signal that a user sent to the process
   */
  explain(end: ExecutionEnd, sentSignal?: string | null): ExecutionEnd
  /** Stop watching without an explanation. */
  cancel(): void
}

export class LimitWatch {
  private readonly samples: Sample[] = []
  /** Times of kills that were already attributed to a watched process. */
  private readonly claims: number[] = []
  private active = 0
  private stopSampling = () => {}
  private counters: { group: ControlGroup; kills: CounterFile; forkFailures: CounterFile } | null = null

  /** @param config read at each use: a warm toolbox gets its sandbox late */
  constructor(private readonly config: { readonly group: ControlGroup | null }) {}

  /**
   * Start watching. Call before the process starts.
   * @param isIdle the process may wait for hours: do not sample the counters for it alone
   */
  watch({ isIdle = false } = {}): WatchedProcess {
    const { group } = this.config
    if (group === null)
      return { explain: (end, sentSignal = null) => explainSignal(end, sentSignal, false), cancel: () => {} }
    const start = this.sample(group)
    const forkFailures = this.countersOf(group).forkFailures.read() ?? 0
    let stop = isIdle ? () => {} : this.startSampling(group)
    const cancel = () => {
      stop()
      stop = () => {}
    }
    return {
      cancel,
      explain: (end, sentSignal = null) => {
        const now = this.sample(group)
        const isVictim = isKilled(end, sentSignal) && this.claimKill(start, now)
        cancel()
        if (isVictim) return { ...end, signal: 'SIGKILL', reason: 'memory', message: memorySentence(group) }
        // These reasons already say enough.
        if (end.reason === 'spawn-failed' || end.reason === 'memory') return end
        return withFacts(explainSignal(end, sentSignal, true), [
          killsSentence(group, now.kills - start.kills),
          forksSentence(group, (this.countersOf(group).forkFailures.read() ?? 0) - forkFailures),
        ])
      },
    }
  }

  /** True if the kernel recently killed a process for its memory and the kill was not attributed to another process. */
  private claimKill(start: Sample, now: Sample): boolean {
    const since = Math.max(start.at, now.at - maxExitDelayMs)
    const before = this.samples.findLast((sample) => sample !== now && sample.at <= since) ?? start
    const claimed = this.claims.filter((at) => at > before.at).length
    if (now.kills - before.kills <= claimed) return false
    this.claims.push(now.at)
    return true
  }

  private sample(group: ControlGroup): Sample {
    const now = { at: performance.now(), kills: this.countersOf(group).kills.read() ?? 0 }
    const old = now.at - maxExitDelayMs - 2 * sampleIntervalMs
    while ((this.samples[1]?.at ?? now.at) < old) this.samples.shift()
    while ((this.claims[0] ?? now.at) < old) this.claims.shift()
    this.samples.push(now)
    return now
  }

  /** Close the counters once nothing is watched any more. */
  close(): void {
    this.counters?.kills.close()
    this.counters?.forkFailures.close()
    this.counters = null
  }

  private countersOf(group: ControlGroup) {
    if (this.counters?.group !== group) {
      this.close()
      this.counters = { group, kills: memoryKillsOf(group), forkFailures: forkFailuresOf(group) }
    }
    return this.counters
  }

  /** Returns a function that stops the sampling. */
  private startSampling(group: ControlGroup): () => void {
    this.active += 1
    if (this.active === 1) this.stopSampling = eachInterval(() => this.sample(group))
    return () => {
      this.active -= 1
      if (this.active === 0) this.stopSampling()
    }
  }
}

const samplers = new Set<() => void>()
let timer: NodeJS.Timeout | null = null

/** One timer for all watches: an engine with many sandboxes would otherwise wake up for each. */
function eachInterval(sample: () => void): () => void {
  samplers.add(sample)
  timer ??= setInterval(() => {
    for (const each of samplers) each()
  }, sampleIntervalMs).unref()
  return () => {
    samplers.delete(sample)
    if (samplers.size > 0 || !timer) return
    clearInterval(timer)
    timer = null
  }
}

/** Killed by a SIGKILL that no user sent; a shell reports it as 137. */
function isKilled({ reason, signal, exitCode }: ExecutionEnd, sentSignal: string | null): boolean {
  if (sentSignal === 'SIGKILL' || (reason !== 'signalled' && reason !== 'exited')) return false
  return signal === 'SIGKILL' || (signal === null && exitCode === 137)
}

function explainSignal(end: ExecutionEnd, sentSignal: string | null, isMemoryKnown: boolean): ExecutionEnd {
  if (end.reason !== 'signalled' || end.signal === null || end.message) return end
  if (sentSignal === end.signal) return { ...end, message: `It was ended by ${sentSignal}, sent by a user.` }
  if (end.signal !== 'SIGKILL') return end
  const notBy = isMemoryKnown ? 'The memory limit was not the cause.' : 'The machine may have run out of memory.'
  return { ...end, message: `It was killed by SIGKILL from an unknown sender. ${notBy}` }
}

function withFacts(end: ExecutionEnd, facts: readonly (string | null)[]): ExecutionEnd {
  const sentences = [end.message ?? null, ...facts].filter((sentence) => sentence !== null)
  return sentences.length === 0 ? end : { ...end, message: sentences.join(' ') }
}

/** Says what ended the process and what to do next. */
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
  const reason = limit === null ? 'there were too many' : `the sandbox is limited to ${limit} processes and threads`
  return `While it ran, a process could not be started ${count === 1 ? 'once' : `${count} times`}: ${reason}.`
}

function limitOf(group: ControlGroup): string {
  const limit = readMemoryLimit(group)
  return limit === null ? '' : ` of ${Number((limit / gibibyte).toFixed(2))} GiB`
}

function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`
}
