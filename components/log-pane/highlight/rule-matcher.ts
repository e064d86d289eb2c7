/** Finds what matches highlight rules. Rules have no regular expressions of the user, so no rule can stop the tab. */
import type { HighlightRule } from './highlight-rules'

/** Part of a text, in UTF-16 code units. */
export interface RuleMatch {
  start: number
  end: number
  rule: HighlightRule
}

type RuleText = Pick<HighlightRule, 'text' | 'caseSensitive' | 'wholeWord'>

/** The texts of a rule, each of which matches. */
export function alternativesOf({ text }: Pick<HighlightRule, 'text'>): string[] {
  return [...new Set(text.split('|').map((part) => part.trim()))].filter((part) => part !== '')
}

/** A regular expression in which everything of the rule is literal; null for an empty rule. Also valid in RE2. */
export function patternOf(rule: Pick<HighlightRule, 'text'>): string | null {
  const parts = alternativesOf(rule).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  // The longest first, as one of them may begin with another.
  return parts.length === 0 ? null : parts.sort((one, other) => other.length - one.length).join('|')
}

export class RuleMatcher {
  private readonly compiled: { rule: HighlightRule; expression: RegExp }[]

  /** @param rules the first one wins where matches overlap */
  constructor(rules: readonly HighlightRule[]) {
    this.compiled = rules.flatMap((rule) => {
      const expression = compile(rule)
      return expression === null ? [] : [{ rule, expression }]
    })
  }

  get isEmpty(): boolean {
    return this.compiled.length === 0
  }

  /** All matches in a text, in the order of the rules, without overlaps. */
  find(text: string): RuleMatch[] {
    const matches: RuleMatch[] = []
    for (const { rule, expression } of this.compiled) {
      for (const { index, 0: found } of text.matchAll(expression)) {
        const match = { start: index, end: index + found.length, rule }
        if (!matches.some((other) => match.start < other.end && other.start < match.end)) matches.push(match)
      }
    }
    return matches
  }
}

function compile(rule: RuleText): RegExp | null {
  const pattern = patternOf(rule)
  if (pattern === null) return null
  // As find does: a word ends where a letter, digit or underscore is followed by something else.
  const whole = rule.wholeWord ? `(?<![\\p{L}\\p{N}_])(?:${pattern})(?![\\p{L}\\p{N}_])` : pattern
  return new RegExp(whole, rule.caseSensitive ? 'gu' : 'giu')
}
