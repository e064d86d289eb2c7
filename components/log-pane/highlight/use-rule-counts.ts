'use client'
import { useEffect, useState } from 'react'
import type { LineCriteria, MatchQueries } from '../match-queries'
import type { StreamFilter } from '../reader-view'
import type { HighlightRule } from './highlight-rules'
import { alternativesOf, patternOf } from './rule-matcher'

/** A count starts when nothing was typed for this time. */
const typingPauseMs = 300

export interface RuleCount {
  lines: number
  phase: 'searching' | 'done' | 'failed'
}

/**
 * The matching lines of a whole log for each rule, by its id. Rules are counted one after the other, because a target
 * searches a journal only a few times at once.
 * @param matches null where the target does not count
 */
export function useRuleCounts(
  rules: readonly HighlightRule[],
  matches: MatchQueries | null,
  filter: StreamFilter,
): ReadonlyMap<string, RuleCount> {
  const [counts, setCounts] = useState<ReadonlyMap<string, RuleCount>>(new Map())
  const key = JSON.stringify(rules.map((rule) => [rule.id, criteriaOf(rule)]))
  useEffect(() => {
    if (!matches) return
    const abort = new AbortController()
    const { signal } = abort
    setCounts(new Map())
    const set = (id: string, count: RuleCount) => {
      if (!signal.aborted) setCounts((known) => new Map(known).set(id, count))
    }
    const countAll = async () => {
      for (const [id, criteria] of JSON.parse(key) as [string, LineCriteria | null][]) {
        if (criteria && !signal.aborted) await countOne(matches, criteria, filter, signal, (count) => set(id, count))
      }
    }
    const timer = setTimeout(() => void countAll(), typingPauseMs)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [key, matches, filter])
  return counts
}

async function countOne(
  matches: MatchQueries,
  criteria: LineCriteria,
  filter: StreamFilter,
  signal: AbortSignal,
  report: (count: RuleCount) => void,
): Promise<void> {
  let lines = 0
  try {
    for await (const message of matches.count(criteria, filter, signal)) {
      if (message.type === 'hits') continue
      lines = message.lines
      report({ lines, phase: message.type === 'end' ? 'done' : 'searching' })
    }
  } catch {
    report({ lines, phase: 'failed' })
  }
}

/** Null for a rule without text. */
function criteriaOf(rule: HighlightRule): LineCriteria | null {
  const texts = alternativesOf(rule)
  const regex = texts.length > 1
  const text = regex ? patternOf(rule) : texts[0]
  if (!text) return null
  const { caseSensitive, wholeWord } = rule
  return { text, regex, caseSensitive, wholeWord, level: null, since: null, until: null }
}
