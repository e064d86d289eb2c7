import { setTimeout as sleep } from 'node:timers/promises'

/** Reading is never held up longer than this; what takes longer is checked on, and the next answer has the result. */
const shutdownTimeoutMs = 250

interface Checked {
  /** False where it is known that there is nothing to compare. */
  readonly needsCheck?: boolean
  /** Compares what was read from disk with its codes, once. Never rejects. */
  check(): Promise<void>
}

/** Compare records that were read from disk with their codes, as far as that is done in a moment. */
export async function checkRecords(records: Iterable<Checked>): Promise<void> {
  const patience = new AbortController()
  const late = sleep(shutdownTimeoutMs, undefined, { signal: patience.signal }).catch(() => {})
  let isLate = false
  void late.then(() => {
    isLate = true
  })
  for (const record of records) {
    if (isLate) break
    if (record.needsCheck === false) continue
    await Promise.race([record.check(), late])
  }
  patience.abort()
}
