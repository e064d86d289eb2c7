/**
 * Wire schemas of the language server routes. Shapes: the OpenAPI description of the SDK's toolbox client, 0.205 and newer.
 * A `uri` is `file://` and a path, which the SDKs neither encode nor make absolute.
 */
import { z } from 'zod'

export const lspLanguageSchema = z.enum(['python', 'typescript', 'javascript'])
export type LspLanguage = z.infer<typeof lspLanguageSchema>

const textSchema = z
  .string()
  .max(4096)
  .regex(/^[^\0]+$/, 'must not be empty or contain NUL')
/** Counted from 0, in UTF-16 code units. */
const positionSchema = z.object({ line: z.number().int().min(0), character: z.number().int().min(0) })
const project = { languageId: lspLanguageSchema, pathToProject: textSchema }

export const lspServerRequestSchema = z.object(project)
export type LspServerRequest = z.infer<typeof lspServerRequestSchema>
export const lspDocumentRequestSchema = z.object({ ...project, uri: textSchema })
export const lspCompletionParamsSchema = z.object({
  ...project,
  uri: textSchema,
  position: positionSchema,
  context: z.object({ triggerKind: z.number().int().min(1).max(3), triggerCharacter: z.string().nullish() }).nullish(),
})
export const lspUriSchema = textSchema
export const lspQuerySchema = z.string().max(1000)

export const completionItemSchema = z.object({
  label: z.string(),
  kind: z.number().int().optional(),
  detail: z.string().optional(),
  /** `{ kind, value }`: Python clients reject a plain string. */
  documentation: z.object({ kind: z.string(), value: z.string() }).optional(),
  sortText: z.string().optional(),
  filterText: z.string().optional(),
  insertText: z.string().optional(),
})
export type CompletionItem = z.infer<typeof completionItemSchema>

export const completionListSchema = z.object({ isIncomplete: z.boolean(), items: z.array(completionItemSchema) })
export type CompletionList = z.infer<typeof completionListSchema>

export const lspSymbolSchema = z.object({
  name: z.string(),
  /** `SymbolKind` of the Language Server Protocol. */
  kind: z.number().int(),
  location: z.object({ uri: z.string(), range: z.object({ start: positionSchema, end: positionSchema }) }),
})
export type LspSymbol = z.infer<typeof lspSymbolSchema>
