'use client'
import { useQueries, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { capabilitiesQuery, sandboxesQuery, sessionsQuery } from '@/lib/queries/reads'
import { matchesSandbox, matchesSession, nextLeave, noMembers, type RuleMatch, updateMembers } from './rule-members'
import type { PaneRef, WallRule } from './wall-state'

/** The sessions of this many sandboxes are watched; more would be a request for each. */
const maxSandboxes = 50
/** Refetch interval of sessions on a target that reports no changes. */
export const plainIntervalMs = 3_000

export interface RuleMembers {
  panes: readonly PaneRef[]
  /** Sandboxes that match a rule and are not watched. */
  leftOut: number
}

/** The panes that rules have put on the wall, kept up to date while the page is open. */
export function useRuleMembers(target: string, rules: readonly WallRule[], leaveSeconds: number | null): RuleMembers {
  const { data: sandboxes = [] } = useQuery(sandboxesQuery(target))
  const matching = sandboxes.filter(
    (sandbox) => sandbox.state === 'started' && rules.some((rule) => matchesSandbox(rule, sandbox)),
  )
  const watched = matching.slice(0, maxSandboxes)
  const plain = useIsPlain(target, watched[0]?.id ?? null)
  const matches = useQueries({
    queries: watched.map(({ id }) => ({
      ...sessionsQuery(target, id),
      refetchInterval: plain ? plainIntervalMs : false,
    })),
    combine: (results) =>
      results.flatMap(({ data = [] }, index): RuleMatch[] => {
        const sandbox = watched[index]
        if (!sandbox) return []
        const applying = rules.filter((rule) => matchesSandbox(rule, sandbox))
        return data
          .filter(({ system, sessionId }) => !system && applying.some((rule) => matchesSession(rule, sessionId)))
          .map(({ sessionId, state, commandCount }) => ({
            ref: { kind: 'session', sandboxId: sandbox.id, sessionId },
            running: state === 'running',
            commandCount,
          }))
      }),
  })
  const leaveMs = leaveSeconds === null ? null : leaveSeconds * 1000
  const [state, setState] = useState(noMembers)
  const key = JSON.stringify(matches)
  useEffect(() => {
    setState((before) => updateMembers(before, JSON.parse(key) as RuleMatch[], performance.now(), leaveMs))
  }, [key, leaveMs])
  useEffect(() => {
    const leaveAt = nextLeave(state, leaveMs)
    if (leaveAt === null) return
    const update = () =>
      setState((before) => updateMembers(before, JSON.parse(key) as RuleMatch[], performance.now(), leaveMs))
    const timer = setTimeout(update, Math.max(0, leaveAt - performance.now()) + 1)
    return () => clearTimeout(timer)
  }, [state, key, leaveMs])
  const panes = rules.length === 0 ? [] : [...state.members.values()].map(({ ref }) => ref)
  return { panes, leftOut: matching.length - watched.length }
}

/** Whether the target has no extensions; false while unknown. @param sandboxId a running sandbox of the target */
export function useIsPlain(target: string, sandboxId: string | null): boolean {
  const { data } = useQuery({ ...capabilitiesQuery(target, sandboxId ?? ''), enabled: sandboxId !== null })
  return data === null
}
