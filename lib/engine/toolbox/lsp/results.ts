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
const maxItems = 20_000
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
  const add = (raw: unknown, depth: number): void => {
    if (symbols.length >= maxItems || depth > maxDepth) return
    const flat = lspSymbolSchema.safeParse(raw)
    if (flat.success) {
      symbols.push(flat.data)
      return
    }
    const nested = nestedSymbolSchema.safeParse(raw)
    if (!nested.success) return
    const { name, kind, range, children } = nested.data
    symbols.push({ name, kind, location: { uri, range } })
    for (const child of children ?? []) add(child, depth + 1)
  }
  if (Array.isArray(result)) for (const raw of result) add(raw, 0)
  return symbols
}
