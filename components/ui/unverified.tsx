import { OutsideText } from '@/components/ui/outside-text'
import { visibleText } from '@/lib/display/visible-text'
import type { Execution, UnverifiedReason } from '@/lib/process-api/execution'

type Verification = Pick<Execution, 'verified' | 'unverifiedReason'>

const sentences: Record<UnverifiedReason, string> = {
  unsigned: 'Not verified: recorded without authentication codes, by an earlier version.',
  unsealed: 'Not verified: the sandbox was interrupted before the recording was complete.',
  record: 'Not verified: the record was changed, is incomplete, or belongs to something else.',
  output: 'Not verified: the recorded output was changed.',
}

/** Why a record failed verification; null when it passed or was not checked. */
export function unverifiedSentence({ verified, unverifiedReason }: Verification): string | null {
  if (verified !== false) return null
  return unverifiedReason === null ? 'Not verified.' : sentences[unverifiedReason]
}

/** Marks an entry of a list that failed verification. */
export function UnverifiedMark(verification: Verification) {
  const sentence = unverifiedSentence(verification)
  if (sentence === null) return null
  return (
    <span className="shrink-0 rounded-chip border border-line px-1 text-meta text-time" title={visibleText(sentence)}>
      not verified
    </span>
  )
}

/** A line above the output of a run or command that failed verification. */
export function UnverifiedNote(verification: Verification) {
  const sentence = unverifiedSentence(verification)
  if (sentence === null) return null
  return (
    <p className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-body text-time">
      <OutsideText text={sentence} />
    </p>
  )
}
