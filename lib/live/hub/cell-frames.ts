/** Frames of a target's interpreter sockets as parts of a cell. */
import { interpreterExtensionFrameSchema, interpreterFrameSchema, type RunItem } from '@/lib/process-api/interpreter'
import type { CellPart } from '../cell-protocol'
import { parseJson } from './parse-json'

/** A tab cannot buffer larger items. They remain readable through the API. */
const maxItemChars = 12 * 1024 * 1024

/** Null for frames that say nothing about the cell, and for texts that are no frames. */
export function cellPartOf(text: string): CellPart | null {
  const value = parseJson(text)
  const extension = interpreterExtensionFrameSchema.safeParse(value)
  if (extension.success) {
    if (extension.data.type === 'run') return { kind: 'run', run: extension.data.run }
    return {
      kind: 'item',
      item: text.length > maxItemChars ? tooLarge(extension.data.item, text) : extension.data.item,
    }
  }
  const frame = interpreterFrameSchema.safeParse(value)
  if (!frame.success) return null
  const { type, text: output, name, value: message, traceback } = frame.data
  if (type === 'stdout' || type === 'stderr') return { kind: 'output', stream: type, text: output }
  if (type === 'error') return { kind: 'item', item: { kind: 'error', at: 0, name, value: message, traceback } }
  return null
}

/** What the page shows instead: which representation was too large, and its size. */
function tooLarge(item: RunItem, text: string): RunItem {
  const type = item.kind === 'chart' ? 'application/vnd.sandglass.chart+json' : 'result'
  return { kind: 'display', at: item.at, representations: {}, omitted: { [type]: text.length } }
}
