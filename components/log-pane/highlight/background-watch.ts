'use client'
/**
 * Reports lines that match a rule while the tab is in the background: by a number in the tab's title, and by a
 * notification where the user has allowed them.
 */
import type { HighlightRule } from './highlight-rules'
import { RuleMatcher } from './rule-matcher'

/** At most one notification of a rule in this time. */
const notificationIntervalMs = 10_000
const maxCarry = 4_096
const maxBodyLength = 200
const escapeSequence = /\u001b\[[0-9;:?]*[ -/]*[@-~]/g

/** Matching lines in the background, of all logs of this tab. */
class TabBadge {
  private count = 0
  private title = ''
  private readonly lastNotified = new Map<string, number>()

  constructor() {
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.clear()
    })
  }

  add(rule: HighlightRule, line: string): void {
    if (this.count === 0) this.title = document.title
    this.count += 1
    document.title = `(${this.count}) ${this.title}`
    const now = Date.now()
    if (now - (this.lastNotified.get(rule.id) ?? 0) < notificationIntervalMs) return
    this.lastNotified.set(rule.id, now)
    notify(`${rule.text} · ${this.title}`, line)
  }

  private clear(): void {
    if (this.count === 0) return
    // A title that the page has set meanwhile stays.
    if (document.title === `(${this.count}) ${this.title}`) document.title = this.title
    this.count = 0
  }
}

let badge: TabBadge | null = null

function notify(title: string, line: string): void {
  if (!('Notification' in window) || Notification.permission !== 'granted') return
  try {
    const notification = new Notification(title, { body: line.slice(0, maxBodyLength), tag: title })
    notification.onclick = () => window.focus()
  } catch {
    // Some phones allow notifications from service workers only; the number in the title remains.
  }
}

/** Watches the output of one log. */
export class BackgroundWatch {
  private matcher = new RuleMatcher([])
  private carry = ''

  /** Whether anything is to be reported, so that the log must be received in the background. */
  get isActive(): boolean {
    return !this.matcher.isEmpty
  }

  setRules(rules: readonly HighlightRule[]): void {
    this.matcher = new RuleMatcher(rules.filter((rule) => rule.notify))
    if (this.isActive) badge ??= new TabBadge()
  }

  /** The tab became hidden: only what is printed from now on counts. */
  start(): void {
    this.carry = ''
  }

  /** Text as it is written to the terminal. */
  receive(text: string): void {
    const lines = (this.carry + text).replaceAll(escapeSequence, '').split(/[\r\n]+/)
    this.carry = (lines.pop() ?? '').slice(-maxCarry)
    for (const line of lines) {
      const [first] = this.matcher.find(line)
      if (first) badge?.add(first.rule, line)
    }
  }
}
