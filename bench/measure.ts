/** The form of measurements and their results. */
import type { Bench } from './bench'

export interface Result {
  /** The first column of the row. */
  what: string
  floor: string
  measured: string
  /** The measured value as a multiple of the floor: a machine's speed and load change both. Null without a floor. */
  ratio: number | null
  target: string
  reached: boolean
  /** All numbers for the JSON file. Durations in ms, sizes in bytes, rates in bytes per second. */
  figures: Record<string, unknown>
}

/** Alternates with its floor, so that both see the same load. Throws when a result is wrong, not when it is slow. */
export type Measure = (bench: Bench) => Promise<Result[]>

export const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} ms`
export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
export const rate = (bytesPerSecond: number) => `${(bytesPerSecond / 1e6).toFixed(0)} MB/s`
