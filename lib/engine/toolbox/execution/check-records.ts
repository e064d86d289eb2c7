import { setTimeout as sleep } from 'node:timers/promises'

/** A read waits at most this long. Verification continues afterwards, and later reads have its result. */
const verifyTimeoutMs = 250

interface Verifiable {
  /** False if there is nothing to compare. */
  readonly needsVerification?: boolean
  /** Compares the data on disk with its codes, once. Never rejects. */
  verify(): Promise<void>
}

/** Compare records that were read from disk with their codes, as many as possible in a short time. */
export async function verifyRecords(records: Iterable<Verifiable>): Promise<void> {
  const abort = new AbortController()
  const timeout = sleep(verifyTimeoutMs, undefined, { signal: abort.signal }).catch(() => {})
  let isTimedOut = false
  void timeout.then(() => {
    isTimedOut = true
  })
  for (const record of records) {
    if (isTimedOut) break
    if (record.needsVerification === false) continue
    await Promise.race([record.verify(), timeout])
  }
  abort.abort()
}
