/** The text of a command: long ones are stored on disk, and only their start is held in memory, listed and sent in events. */
import { z } from 'zod'
import { maxListedCommandBytes } from '@/lib/process-api/process'
import type { ExecutionStore } from '../execution/store'
import type { CommandDetails, CommandRecord } from './session-record'

/** Earlier versions wrote every command whole into its record. */
const wholeInRecordSchema = z.object({ command: z.string() })

/** The beginning of a text as lists show it; the text itself where that is short. */
export function listedCommand(text: string): string {
  const bytes = Buffer.from(text.slice(0, maxListedCommandBytes))
  if (text.length <= maxListedCommandBytes && bytes.length <= maxListedCommandBytes) return text
  let end = Math.min(maxListedCommandBytes, bytes.length)
  // Not within a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  // Decoded anew: a slice would keep the whole text alive.
  return bytes.toString('utf8', 0, end)
}

/** All of a command's text, read from disk where it is long; null where it cannot be read any more. */
export function wholeCommand(commands: ExecutionStore<CommandDetails>, record: CommandRecord): string | null {
  if (!record.details.commandTruncated) return record.details.command
  const attached = commands.attachment(record.id)
  if (attached !== null) return attached
  const written = wholeInRecordSchema.safeParse(commands.writtenDetails(record.id))
  if (!written.success || Buffer.byteLength(written.data.command) <= maxListedCommandBytes) return null
  return written.data.command
}
