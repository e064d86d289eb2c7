/**
 * What a wall shows. All of it is in the address, so that a wall can be linked to, and saved under a name:
 * `?view=Nightly&pane=session/<sandbox>/<session>&rule=label:team%3Dapi%20session:build*&leave=60&columns=3`
 */

export type PaneRef =
  /** The command that runs in the session, or ran last. */
  | { kind: 'session'; sandboxId: string; sessionId: string }
  | { kind: 'command'; sandboxId: string; sessionId: string; commandId: string }
  | { kind: 'run'; sandboxId: string; runId: string }
  | { kind: 'terminal'; sandboxId: string; ptyId: string }

/** Which sessions join by themselves. An empty condition holds for all; patterns as in `matchesName`. */
export interface WallRule {
  /** `key` or `key=value`; the value may be a pattern. */
  label: string
  /** Pattern of the sandbox's name. */
  name: string
  /** Pattern of the session's id. */
  session: string
}

export interface WallState {
  /** The name under which the view was saved; null for an unsaved one. */
  view: string | null
  panes: readonly PaneRef[]
  rules: readonly WallRule[]
  /** Seconds after which ended panes that joined by a rule leave; null for never. */
  leaveSeconds: number | null
  /** The number of columns; null to choose it by the number of panes. */
  columns: number | null
}

/** A tab may follow 64 logs at once. */
export const maxWallPanes = 48
export const maxWallColumns = 6
const maxRules = 10
export const defaultLeaveSeconds = 60

export const emptyWall: WallState = {
  view: null,
  panes: [],
  rules: [],
  leaveSeconds: defaultLeaveSeconds,
  columns: null,
}

/** The same text for the same pane. */
export function paneKey(ref: PaneRef): string {
  return [ref.kind, ...partsOf(ref)].map(encodeURIComponent).join('/')
}

/** Parses what `paneKey` returns; null for anything else. */
export function parsePane(text: string): PaneRef | null {
  const [kind, sandboxId, second, third, ...rest] = text.split('/').map(decodedPart)
  if (!sandboxId || !second || rest.length > 0) return null
  if (kind === 'command') return third ? { kind, sandboxId, sessionId: second, commandId: third } : null
  if (third !== undefined) return null
  if (kind === 'session') return { kind, sandboxId, sessionId: second }
  if (kind === 'run') return { kind, sandboxId, runId: second }
  return kind === 'terminal' ? { kind, sandboxId, ptyId: second } : null
}

function partsOf(ref: PaneRef): string[] {
  switch (ref.kind) {
    case 'session':
      return [ref.sandboxId, ref.sessionId]
    case 'command':
      return [ref.sandboxId, ref.sessionId, ref.commandId]
    case 'run':
      return [ref.sandboxId, ref.runId]
    case 'terminal':
      return [ref.sandboxId, ref.ptyId]
    default:
      return ref satisfies never
  }
}

function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}

const ruleTerms = ['label', 'name', 'session'] as const

/** `label:team=api name:api-* session:build*`, without the conditions that are empty; `*` for a rule without any. */
export function formatRule(rule: WallRule): string {
  const terms = ruleTerms.flatMap((term) => (rule[term] === '' ? [] : [`${term}:${rule[term]}`]))
  return terms.length === 0 ? '*' : terms.join(' ')
}

/** Parses what `formatRule` returns. Terms that are unknown are ignored; null where none is known. */
export function parseRule(text: string): WallRule | null {
  const rule = { label: '', name: '', session: '' }
  let isKnown = text.trim() === '*'
  for (const part of text.split(/\s+/)) {
    const [, term, value = ''] = /^(label|name|session):(.+)$/.exec(part) ?? []
    if (term !== 'label' && term !== 'name' && term !== 'session') continue
    rule[term] = value
    isKnown = true
  }
  return isKnown ? rule : null
}

export function parseWall(query: URLSearchParams): WallState {
  const panes = query.getAll('pane').flatMap((text) => parsePane(text) ?? [])
  const rules = query.getAll('rule').flatMap((text) => parseRule(text) ?? [])
  const leave = query.get('leave')
  const columns = Number(query.get('columns'))
  return {
    view: query.get('view') || null,
    panes: withoutDuplicates(panes).slice(0, maxWallPanes),
    rules: rules.slice(0, maxRules),
    leaveSeconds:
      leave === 'never' ? null : leave !== null && /^\d{1,6}$/.test(leave) ? Number(leave) : defaultLeaveSeconds,
    columns: Number.isInteger(columns) && columns >= 1 && columns <= maxWallColumns ? columns : null,
  }
}

export function formatWall(wall: WallState): URLSearchParams {
  const query = new URLSearchParams()
  if (wall.view !== null) query.set('view', wall.view)
  for (const pane of withoutDuplicates(wall.panes)) query.append('pane', paneKey(pane))
  for (const rule of wall.rules) query.append('rule', formatRule(rule))
  if (wall.leaveSeconds !== defaultLeaveSeconds) query.set('leave', String(wall.leaveSeconds ?? 'never'))
  if (wall.columns !== null) query.set('columns', String(wall.columns))
  return query
}

export function withoutDuplicates(panes: readonly PaneRef[]): PaneRef[] {
  return [...new Map(panes.map((pane) => [paneKey(pane), pane])).values()]
}
