'use client'
import { Bell, CaseSensitive, Plus, WholeWord, X } from 'lucide-react'
import { useState } from 'react'
import { Button, IconButton } from '@/components/ui/button'
import { Dialog } from '@/components/ui/dialog'
import { Select, TextInput } from '@/components/ui/field'
import { counted } from '@/lib/display/counted'
import type { MatchQueries } from '../match-queries'
import type { StreamFilter } from '../reader-view'
import {
  type HighlightColor,
  type HighlightRule,
  highlightColors,
  maxRuleLength,
  maxRules,
  setHighlightRules,
  useHighlightRules,
} from './highlight-rules'
import { type RuleCount, useRuleCounts } from './use-rule-counts'

const colorWords: Record<HighlightColor, string> = {
  amber: 'Amber',
  red: 'Red',
  green: 'Green',
  blue: 'Blue',
  violet: 'Violet',
  grey: 'Grey',
}
const number = new Intl.NumberFormat('en-US')

/** The highlight rules of all logs, with the number of matching lines of this one. */
export function HighlightDialog({
  open,
  onOpenChange,
  matches,
  filter,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** Null where the target does not count matching lines. */
  matches: MatchQueries | null
  filter: StreamFilter
}) {
  const rules = useHighlightRules()
  const counts = useRuleCounts(rules, open ? matches : null, filter)
  const change = (id: string, fields: Partial<HighlightRule>) =>
    setHighlightRules(rules.map((rule) => (rule.id === id ? { ...rule, ...fields } : rule)))
  const add = () => {
    const color = highlightColors.find((one) => !rules.some((rule) => rule.color === one)) ?? 'amber'
    const rule = { id: crypto.randomUUID(), text: '', caseSensitive: false, wholeWord: false, color, notify: false }
    setHighlightRules([...rules, rule])
  }
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      size="lg"
      title="Highlight rules"
      description="Texts that are marked in every log of this browser. Separate several texts of one rule by |."
    >
      {rules.length === 0 && <p className="mb-3 text-body text-ink-3">No rules yet.</p>}
      <ul aria-label="Highlight rules" className="flex flex-col gap-2">
        {rules.map((rule, index) => {
          const count = counts.get(rule.id)
          return (
            <li key={rule.id} className="flex flex-wrap items-center gap-1.5">
              <span
                aria-hidden="true"
                data-color={rule.color}
                className="log-highlight-sample size-3 shrink-0 rounded-chip"
              />
              <Select
                small
                aria-label={`Colour of rule ${index + 1}`}
                className="w-24"
                value={rule.color}
                onChange={({ target }) => {
                  const color = highlightColors.find((one) => one === target.value)
                  if (color) change(rule.id, { color })
                }}
              >
                {highlightColors.map((color) => (
                  <option key={color} value={color}>
                    {colorWords[color]}
                  </option>
                ))}
              </Select>
              <TextInput
                small
                mono
                autoFocus={rule.text === ''}
                aria-label={`Text of rule ${index + 1}`}
                placeholder="ERROR | FATAL"
                maxLength={maxRuleLength}
                className="min-w-40 flex-1"
                value={rule.text}
                onChange={(event) => change(rule.id, { text: event.target.value })}
              />
              <span className="flex items-center gap-1.5 max-sm:w-full">
                <IconButton
                  size="sm"
                  label="Match case"
                  pressed={rule.caseSensitive}
                  icon={<CaseSensitive strokeWidth={1.5} />}
                  onClick={() => change(rule.id, { caseSensitive: !rule.caseSensitive })}
                />
                <IconButton
                  size="sm"
                  label="Whole words"
                  pressed={rule.wholeWord}
                  icon={<WholeWord strokeWidth={1.5} />}
                  onClick={() => change(rule.id, { wholeWord: !rule.wholeWord })}
                />
                <IconButton
                  size="sm"
                  label="Report matches while this tab is in the background"
                  pressed={rule.notify}
                  icon={<Bell strokeWidth={1.5} />}
                  onClick={() => change(rule.id, { notify: !rule.notify })}
                />
                <span className="w-24 text-right max-sm:ml-auto text-label text-ink-3 tabular-nums">
                  {count && countText(count)}
                </span>
                <IconButton
                  size="sm"
                  label={`Remove rule ${index + 1}`}
                  icon={<X strokeWidth={1.5} />}
                  onClick={() => setHighlightRules(rules.filter((one) => one.id !== rule.id))}
                />
              </span>
            </li>
          )
        })}
      </ul>
      <div className="mt-3 flex flex-wrap items-center gap-3">
        <Button icon={<Plus strokeWidth={1.5} />} disabled={rules.length >= maxRules} onClick={add}>
          Add rule
        </Button>
        {rules.some((rule) => rule.notify) && <NotificationNote />}
      </div>
    </Dialog>
  )
}

/** Such as `1,234 lines`. */
function countText({ lines, phase }: RuleCount): string {
  if (phase === 'failed') return 'not counted'
  return counted(lines, 'line', 'lines', number.format(lines)) + (phase === 'searching' ? '…' : '')
}

/** How matches in the background are reported, and the way to allow notifications: browsers want a click for it. */
function NotificationNote() {
  const [permission, setPermission] = useState(() => ('Notification' in window ? Notification.permission : 'denied'))
  if (permission === 'granted') return <p className="text-label text-ink-3">Matches in the background notify you.</p>
  if (permission === 'denied') {
    return (
      <p className="text-label text-ink-3">
        Matches in the background are counted in the title of the tab: this browser blocks notifications.
      </p>
    )
  }
  return (
    <p className="flex flex-wrap items-center gap-2 text-label text-ink-3">
      Matches in the background are counted in the title of the tab.
      <Button size="sm" onClick={() => void Notification.requestPermission().then(setPermission)}>
        Allow notifications
      </Button>
    </p>
  )
}
