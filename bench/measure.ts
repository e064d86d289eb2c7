/** What a measurement is made of and what it comes to. */
import type { Bench } from './bench'

export interface Result {
  /** The row's first column. */
  what: string
  floor: string
  measured: string
  target: string
  reached: boolean
  /** All numbers, for the JSON file. Durations in ms, sizes in bytes, rates in bytes per second. */
  figures: Record<string, unknown>
}

/** Runs its floor and itself in turn, so that both see the same machine. Throws when a result is wrong, not only slow. */
export type Measure = (bench: Bench) => Promise<Result[]>

export const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} ms`
export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
export const rate = (bytesPerSecond: number) => `${(bytesPerSecond / 1e6).toFixed(0)} MB/s`
