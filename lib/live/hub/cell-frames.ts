/** Frames of a target's interpreter sockets as parts of a cell. */
import { interpreterExtensionFrameSchema, interpreterFrameSchema } from '@/lib/process-api/interpreter'
import type { CellPart } from '../cell-protocol'
import { parseJson } from './parse-json'

/** Null for frames that say nothing about the cell, and for texts that are no frames. */
export function cellPartOf(text: string): CellPart | null {
  const value = parseJson(text)
  const extension = interpreterExtensionFrameSchema.safeParse(value)
  if (extension.success) {
    return extension.data.type === 'run'
      ? { kind: 'run', run: extension.data.run }
      : { kind: 'item', item: extension.data.item }
  }
  const frame = interpreterFrameSchema.safeParse(value)
  if (!frame.success) return null
  const { type, text: output, name, value: message, traceback } = frame.data
  if (type === 'stdout' || type === 'stderr') return { kind: 'output', stream: type, text: output }
  if (type === 'error') return { kind: 'item', item: { kind: 'error', at: 0, name, value: message, traceback } }
  return null
}
