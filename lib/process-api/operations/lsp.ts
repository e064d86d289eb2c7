/** Language servers of a sandbox. */
import { z } from 'zod'
import {
  completionListSchema,
  lspCompletionParamsSchema,
  lspDocumentRequestSchema,
  lspLanguageSchema,
  lspQuerySchema,
  lspServerRequestSchema,
  lspSymbolSchema,
  lspUriSchema,
} from '../lsp'
import { type Area, empty, json, jsonBody, operationsOf, parameter } from './operation'

const area = {
  api: 'toolbox',
  tag: 'Language servers',
  description:
    'Completions and symbols from `pylsp` and `typescript-language-server`, which have to be installed in the sandbox. A server runs as a process of the sandbox until it is stopped.',
} as const satisfies Area

const project = { languageId: 'python', pathToProject: 'project' }
const document = { ...project, uri: 'file://project/main.py' }
const body = <Schema extends z.ZodType>(schema: Schema, name: string, example: unknown) =>
  jsonBody(schema, 'The project and its language.', { name, example })
const query = {
  languageId: parameter(lspLanguageSchema, 'Language of the server.'),
  pathToProject: parameter(lspUriSchema, 'Folder of the project, absolute or relative to the working directory.'),
}
const symbols = (what: string) => ({ 200: json(z.array(lspSymbolSchema), what) })
const failures = ['BAD_REQUEST', 'REQUEST_TIMEOUT', 'CONFLICT', 'UNPROCESSABLE_ENTITY'] as const
const fileFailures = ['INVALID_FILE_PATH', 'FILE_ACCESS_DENIED', 'FILE_NOT_FOUND', 'PAYLOAD_TOO_LARGE'] as const

export const lspOperations = operationsOf(area, {
  startLanguageServer: {
    method: 'POST',
    path: '/lsp/start',
    summary: 'Start a language server',
    description:
      'Returns when the server is ready; a running one is not affected. It is searched in `PATH`, `~/.local/bin`, and the `.venv` and `node_modules` of the project and of the home directory. Status 422 says how to install it.',
    body: body(lspServerRequestSchema, 'LspServerRequest', project),
    responses: { 200: empty('The server runs.') },
    errors: [...failures, 'TOO_MANY_REQUESTS'],
  },
  stopLanguageServer: {
    method: 'POST',
    path: '/lsp/stop',
    summary: 'Stop a language server',
    description: 'Does nothing if the server does not run.',
    body: body(lspServerRequestSchema, 'LspServerRequest', project),
    responses: { 200: empty('The server does not run.') },
    errors: ['BAD_REQUEST'],
  },
  openDocument: {
    method: 'POST',
    path: '/lsp/did-open',
    summary: 'Open a document in a language server',
    description: 'The server reads it now, and again before each request when the file has changed.',
    body: body(lspDocumentRequestSchema, 'LspDocumentRequest', document),
    responses: { 200: empty('The document is open.') },
    errors: [...failures, ...fileFailures, 'TOO_MANY_REQUESTS'],
  },
  closeDocument: {
    method: 'POST',
    path: '/lsp/did-close',
    summary: 'Close a document in a language server',
    description: 'Does nothing if the document is not open.',
    body: body(lspDocumentRequestSchema, 'LspDocumentRequest', document),
    responses: { 200: empty('The document is closed.') },
    errors: failures,
  },
  getCompletions: {
    method: 'POST',
    path: '/lsp/completions',
    summary: 'Get completions',
    description: 'Returns what can be typed at a position of a document. The document need not be open.',
    body: body(lspCompletionParamsSchema, 'LspCompletionParams', { ...document, position: { line: 2, character: 4 } }),
    responses: { 200: json(completionListSchema, 'The completions.') },
    errors: [...failures, ...fileFailures],
  },
  listDocumentSymbols: {
    method: 'GET',
    path: '/lsp/document-symbols',
    summary: 'List the symbols of a document',
    description: 'Returns its functions, classes and variables in one list. The document need not be open.',
    query: { ...query, uri: parameter(lspUriSchema, '`file://` and the path of the document.') },
    responses: symbols('The symbols.'),
    errors: [...failures, ...fileFailures],
  },
  searchSymbols: {
    method: 'GET',
    path: '/lsp/workspacesymbols',
    summary: 'Search the symbols of a project',
    description:
      'Returns symbols whose names match the query. `pylsp` cannot do this itself: the toolbox asks it for the symbols of up to 200 files.',
    query: { query: parameter(lspQuerySchema, 'Part of a name.'), ...query },
    responses: symbols('The symbols.'),
    errors: failures,
  },
})
