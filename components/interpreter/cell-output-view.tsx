'use client'
import { Fragment } from 'react'
import { ChartView } from '@/components/charts/chart-view'
import { OutsideText } from '@/components/ui/outside-text'
import { AnswerBox } from './answer-box'
import { type Cell, type CellOutput, isBusy } from './cell'
import { ErrorOutput } from './error-output'
import { StreamOutput } from './stream-output'
import { ValueOutput } from './value-output'

/** What the last run of a cell produced, in order. */
export function CellOutputView({
  sandboxId,
  cell,
  downloadUrl,
  onLine,
}: {
  sandboxId: string
  cell: Cell
  downloadUrl: string | null
  onLine: (line: number) => void
}) {
  return cell.outputs.map((output, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: outputs are only added
    <Fragment key={index}>
      <Output sandboxId={sandboxId} cell={cell} output={output} downloadUrl={downloadUrl} onLine={onLine} />
    </Fragment>
  ))
}

function Output({
  sandboxId,
  cell,
  output,
  downloadUrl,
  onLine,
}: {
  sandboxId: string
  cell: Cell
  output: CellOutput
  downloadUrl: string | null
  onLine: (line: number) => void
}) {
  switch (output.kind) {
    case 'stream':
      return <StreamOutput stream={output.stream} text={output.text} downloadUrl={downloadUrl} />
    case 'value':
      return <ValueOutput representations={output.representations} omitted={output.omitted} />
    case 'chart':
      return <ChartView chart={output.chart} />
    case 'error':
      return (
        <ErrorOutput
          name={output.name}
          value={output.value}
          traceback={output.traceback}
          source={cell.source}
          onLine={onLine}
        />
      )
    case 'input':
      if (output.answer === undefined && isBusy(cell) && cell.run) {
        const { contextId } = cell.run
        return (
          <AnswerBox sandboxId={sandboxId} contextId={contextId} prompt={output.prompt} password={output.password} />
        )
      }
      return (
        <p className="font-mono text-body text-ink-2">
          <OutsideText text={output.prompt} />{' '}
          <span className="text-ink">{output.answer == null ? '' : <OutsideText text={output.answer} />}</span>
        </p>
      )
    default:
      return output satisfies never
  }
}
