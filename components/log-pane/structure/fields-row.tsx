'use client'
import { classNames } from '@/components/ui/class-names'
import { OutsideText } from '@/components/ui/outside-text'
import { type Tone, toneClass } from '@/components/ui/state-display'
import { visibleText } from '@/lib/display/visible-text'
import { RowText } from '../lines/line-list'
import type { LineRow } from '../lines/line-model'
import { parsedRow } from './fields'
import type { Level } from './parse-line'

const levelTones: Record<Level, Tone> = {
  trace: 'off',
  debug: 'off',
  info: 'run',
  warn: 'time',
  error: 'fail',
  fatal: 'fail',
}

/** Fields that are displayed elsewhere in the row. */
const shownElsewhere = /^(@?level|lvl|severity|loglevel|@?message|msg)$/i

/**
 * One line: its level, then its message and fields, or the chosen columns. JSON can escape invisible characters, so its
 * values are shown like other text from outside.
 */
export function FieldsRow({ row, columns }: { row: LineRow; columns: readonly string[] }) {
  const { line } = parsedRow(row)
  return (
    <>
      <span className={classNames('line-level', line.level && `${toneClass[levelTones[line.level]]} text-tone`)}>
        {line.level ?? ''}
      </span>
      {columns.length > 0 && line.format !== 'plain' ? (
        columns.map((name) => (
          <span key={name} className="line-cell" title={visibleText(line.fields.get(name) ?? '')}>
            <OutsideText text={line.fields.get(name) ?? ''} />
          </span>
        ))
      ) : line.format === 'plain' ? (
        <RowText text={row.text} />
      ) : (
        <>
          <OutsideText text={line.message} />
          {[...line.fields].map(
            ([name, value]) =>
              !shownElsewhere.test(name) && (
                <span key={name}>
                  {'  '}
                  <span className="text-ink-3">
                    <OutsideText text={name} />=
                  </span>
                  <OutsideText text={value} />
                </span>
              ),
          )}
        </>
      )}
    </>
  )
}

/** The names of the chosen columns, above the rows. */
export function FieldsHead({ columns, times }: { columns: readonly string[]; times: boolean }) {
  if (columns.length === 0) return null
  return (
    <div aria-hidden="true" className="line-head">
      {times && <span className="line-time">time</span>}
      <span className="line-text">
        <span className="line-level">level</span>
        {columns.map((name) => (
          <span key={name} className="line-cell">
            <OutsideText text={name} />
          </span>
        ))}
      </span>
    </div>
  )
}
