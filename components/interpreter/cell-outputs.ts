/** Applies what arrives on the live socket to the outputs of a cell. */
import type { CellPart } from '@/lib/live/cell-protocol'
import type { InterpreterRun, RunItem } from '@/lib/process-api/interpreter'
import type { CellOutput, CellRun } from './cell'
import { appendGap, appendText, emptyText } from './stream-text'

/** More outputs than this replace each other: a program may show a picture in an endless loop. */
export const maxOutputs = 200
const firstOutputs = 50

/** The outputs after some more parts. Consecutive output of one stream is one block. */
export function applyParts(outputs: readonly CellOutput[], parts: readonly CellPart[]): readonly CellOutput[] {
  const next = [...outputs]
  for (const part of parts) {
    if (part.kind === 'output') appendStream(next, part.stream, part.text)
    else if (part.kind === 'omitted') appendOmitted(next, part.chars)
    else if (part.kind === 'item') appendItem(next, part.item)
    if (next.length > maxOutputs) removeOldest(next)
  }
  return next
}

/** The state of a cell after a message about its run. */
export function runAfter(run: CellRun, wire: InterpreterRun): CellRun {
  return {
    ...run,
    runId: wire.id,
    state: wire.state,
    position: wire.position,
    startedAt: wire.startedAt,
    durationMs: wire.durationMs,
    message: wire.message,
    interrupted: wire.signal === 'SIGINT' && wire.reason === 'signalled',
    stateAfter: wire.stateAfter,
    away: null,
  }
}

function appendStream(outputs: CellOutput[], stream: 'stdout' | 'stderr', text: string): void {
  const last = outputs.at(-1)
  if (last?.kind === 'stream' && last.stream === stream) {
    outputs[outputs.length - 1] = { ...last, text: appendText(last.text, text) }
  } else {
    outputs.push({ kind: 'stream', stream, text: appendText(emptyText, text) })
  }
}

function appendOmitted(outputs: CellOutput[], chars: number): void {
  const last = outputs.at(-1)
  if (last?.kind === 'stream') outputs[outputs.length - 1] = { ...last, text: appendGap(last.text, chars) }
  else outputs.push({ kind: 'stream', stream: 'stdout', text: appendGap(emptyText, chars) })
}

function appendItem(outputs: CellOutput[], item: RunItem): void {
  switch (item.kind) {
    case 'result':
    case 'display':
      outputs.push({
        kind: 'value',
        role: item.kind,
        representations: item.representations,
        omitted: item.omitted,
      })
      break
    case 'chart':
      outputs.push({ kind: 'chart', chart: item.chart })
      break
    case 'error':
      outputs.push({ kind: 'error', name: item.name, value: item.value, traceback: item.traceback })
      break
    case 'input':
      removePrompt(outputs, item.prompt)
      outputs.push({ kind: 'input', prompt: item.prompt, password: item.password })
      break
    case 'answer': {
      const index = outputs.findLastIndex((output) => output.kind === 'input')
      const question = outputs[index]
      if (question?.kind === 'input') outputs[index] = { ...question, answer: item.text }
      break
    }
    default:
      item satisfies never
  }
}

/** The prompt of a question is output, too. It is shown with the question. */
function removePrompt(outputs: CellOutput[], prompt: string): void {
  const last = outputs.at(-1)
  if (prompt === '' || last?.kind !== 'stream') return
  const { head, omitted, tail } = last.text
  const isInTail = omitted > 0 || tail !== ''
  if (!(isInTail ? tail : head).endsWith(prompt)) return
  const text = isInTail
    ? { head, omitted, tail: tail.slice(0, -prompt.length) }
    : { head: head.slice(0, -prompt.length), omitted, tail }
  outputs.pop()
  if (text.head !== '' || omitted > 0) outputs.push({ ...last, text })
}

/** The first outputs and the newest ones stay. */
function removeOldest(outputs: CellOutput[]): void {
  const [removed] = outputs.splice(firstOutputs, 1)
  const next = outputs[firstOutputs]
  if (removed?.kind !== 'stream' || next?.kind !== 'stream') return
  const { head, omitted, tail } = removed.text
  const lost = head.length + omitted + tail.length
  outputs[firstOutputs] = {
    ...next,
    text: { head: '', omitted: lost + next.text.omitted, tail: next.text.head + next.text.tail },
  }
}
