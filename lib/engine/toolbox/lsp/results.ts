/** Results of language servers in the form of the wire contract. What does not fit is left out. */
import { z } from 'zod'
import {
  type CompletionItem,
  type CompletionList,
  completionItemSchema,
  type LspSymbol,
  lspSymbolSchema,
} from '@/lib/process-api/lsp'

/** Items of one response. */
export const maxItems = 20_000
/** Entries of one response that are checked, valid or not. A server can send millions, and each takes microseconds. */
const maxChecked = 2 * maxItems
/** Characters of one symbol. */
const maxSymbolLength = 16 * 1024
const maxDepth = 100

const rawItemSchema = z.looseObject({ label: z.string(), documentation: z.unknown().optional() })
const rawListSchema = z.object({ isIncomplete: z.boolean().catch(false), items: z.array(z.unknown()) })
const nestedSymbolSchema = z.object({
  name: z.string(),
  kind: z.number(),
  range: lspSymbolSchema.shape.location.shape.range,
  children: z.array(z.unknown()).nullish(),
})

/** From `CompletionItem[] | CompletionList | null`. */
export function readCompletions(result: unknown): CompletionList {
  const list = rawListSchema.safeParse(Array.isArray(result) ? { items: result } : result)
  if (!list.success) return { isIncomplete: false, items: [] }
  const { isIncomplete, items } = list.data
  return {
    isIncomplete: isIncomplete || items.length > maxItems,
    items: items.slice(0, maxItems).flatMap((item) => readItem(item) ?? []),
  }
}

function readItem(raw: unknown): CompletionItem | null {
  const item = rawItemSchema.safeParse(raw)
  if (!item.success) return null
  const { documentation, ...rest } = item.data
  const text = typeof documentation === 'string' ? { kind: 'plaintext', value: documentation } : documentation
  const known = Object.fromEntries(
    Object.entries({ ...rest, documentation: text }).filter(
      ([name, value]) => name in completionItemSchema.shape && value !== null && value !== undefined,
    ),
  )
  const parsed = completionItemSchema.safeParse(known)
  return parsed.success ? parsed.data : { label: item.data.label }
}

/**
 * From `SymbolInformation[] | DocumentSymbol[] | null`. Nested symbols follow their parent.
 * @param uri of the document, for symbols that do not name one
 */
export function readSymbols(result: unknown, uri: string): LspSymbol[] {
  const symbols: LspSymbol[] = []
  let checked = 0
  const push = (symbol: LspSymbol): void => {
    if (symbol.name.length + symbol.location.uri.length <= maxSymbolLength) symbols.push(symbol)
  }
  const addAll = (all: readonly unknown[], depth: number): void => {
    for (const raw of all) {
      if (symbols.length >= maxItems || checked >= maxChecked) return
      checked += 1
      add(raw, depth)
    }
  }
  const add = (raw: unknown, depth: number): void => {
    const flat = lspSymbolSchema.safeParse(raw)
    if (flat.success) {
      push(flat.data)
      return
    }
    const nested = nestedSymbolSchema.safeParse(raw)
    if (!nested.success) return
    const { name, kind, range, children } = nested.data
    push({ name, kind, location: { uri, range } })
    if (depth < maxDepth) addAll(children ?? [], depth + 1)
  }
  if (Array.isArray(result)) addAll(result, 0)
  return symbols
}
