/** One operation of the page. */
import type { ApiDocument } from '../document'
import type { JsonObject } from '../json-schema'
import { type Html, html, withCode } from './html'
import { field, fieldsOf, typeOf } from './schema-view'

/** An operation of the document and its entry in the list. */
export interface ShownOperation {
  readonly id: string
  /** `GET`, `ANY`, `WS` and so on. */
  readonly label: string
  readonly path: string
  readonly operation: JsonObject
}

/** Operations in the order of the document; those that take any method are shown once. */
export function shownOperations(document: ApiDocument): ShownOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method, operation]) => method === 'get' || operation['x-sandglass-any-method'] === undefined)
      .map(([method, operation]) => ({
        id: String(operation.operationId),
        label: labelOf(method, operation),
        path,
        operation,
      })),
  )
}

function labelOf(method: string, operation: JsonObject): string {
  if (operation['x-sandglass-any-method']) return 'ANY'
  const responds = Object.keys(operation.responses as JsonObject).some((status) => status.startsWith('2'))
  return operation['x-websocket'] && !responds ? 'WS' : method.toUpperCase()
}

export function operationView({ id, label, path, operation }: ShownOperation, document: ApiDocument): Html {
  const body = operation.requestBody as { description: string; content: JsonObject } | undefined
  const socket = operation['x-websocket'] as JsonObject | undefined
  const [sample] = operation['x-codeSamples'] as { source: string }[]
  return html`<article id="${id}" tabindex="-1" aria-labelledby="${id}-title">
<p class="meta">${(operation.tags as string[])[0]}</p>
<h2 id="${id}-title"><a class="title" href="#${id}">${operation.summary as string}</a></h2>
<p class="route"><span class="method" data-method="${label}">${label}</span> <code>${path}</code></p>
${badges(operation)}
<p>${withCode(String(operation.description))}</p>
${refusal(operation)}
<p class="meta">${access(operation)}</p>
${parameters(operation, document)}
${body && html`<h3>Body</h3><p>${withCode(body.description)}</p>${content(body.content, document, true)}`}
<h3>Responses</h3>
<dl class="answers">${answers(operation, document)}</dl>
${socket && socketView(socket)}
<h3>With curl</h3>
<pre tabindex="0" role="region" aria-label="${operation.summary as string}, with curl"><code>${sample?.source ?? ''}</code></pre>
</article>`
}

function badges(operation: JsonObject): Html | null {
  const said = [
    operation['x-sandglass-extension'] && html`<span class="badge extension">extension</span>`,
    operation['x-sandglass-refusal'] && html`<span class="badge refused">refused</span>`,
    operation.deprecated && html`<span class="badge old">deprecated</span>`,
    operation['x-sandglass-while-stopped'] && html`<span class="badge stopped">also while stopped</span>`,
  ].filter(Boolean) as Html[]
  return said.length === 0 ? null : html`<p class="badges">${said.map((it) => html`${it} `)}</p>`
}

function refusal(operation: JsonObject): Html | null {
  const refused = operation['x-sandglass-refusal'] as { status: number; message: string } | undefined
  return refused ? html`<p class="refusal">Answers ${refused.status}: “${refused.message}”</p>` : null
}

function access(operation: JsonObject): Html {
  const names = (operation.security as JsonObject[]).flatMap((it) => Object.keys(it))
  if (names.length === 0) return html`Needs no credential.`
  const links = names.map((name, i) => html`${i > 0 && ' or '}<code>${name}</code>`)
  return html`Needs ${links}.${operation['x-sandglass-tunnel'] ? ' Also forwards upgrades.' : ''}`
}

interface WireParameter {
  name: string
  in: string
  required?: boolean
  description: string
  schema: JsonObject
}

function parameters(operation: JsonObject, document: ApiDocument): Html | null {
  const all = ((operation.parameters ?? []) as JsonObject[]).map(
    (it) => resolve(it, document) as unknown as WireParameter,
  )
  if (all.length === 0) return null
  return html`<h3>Parameters</h3><dl class="fields">${all.map((it) =>
    field(it.name, it.schema, it.required === true, it.in, it.description),
  )}</dl>`
}

/** @param open whether the fields are expanded initially */
function content(types: JsonObject, document: ApiDocument, open = false): Html {
  return html`${Object.entries(types).map(([type, given]) => {
    const schema = (given as { schema?: JsonObject }).schema
    const fields = schema && fieldsOf(resolve(schema, document))
    return html`<p class="meta"><code>${type}</code>${schema && html` ${typeOf(schema)}`}</p>
${fields && html`<details${open ? ' open' : ''}><summary>Fields</summary>${fields}</details>`}`
  })}`
}

function answers(operation: JsonObject, document: ApiDocument): Html[] {
  return Object.entries(operation.responses as Record<string, JsonObject>)
    .filter(([status]) => status !== 'default')
    .map(([status, given]) => {
      const response = resolve(given, document)
      const isFailure = Number(status) >= 400
      return html`<div><dt class="${isFailure ? 'failure' : 'success'}">${status}</dt>
<dd><p>${withCode(String(response.description))}</p>${!isFailure && response.content !== undefined && content(response.content as JsonObject, document)}</dd></div>`
    })
}

function socketView(socket: JsonObject): Html {
  const frames = [
    ['From the engine', socket.fromServer],
    ['From the client', socket.fromClient],
  ].filter(([, schema]) => schema !== undefined)
  const subprotocols = socket.subprotocols as string[] | undefined
  return html`<h3>WebSocket</h3>
<p>${withCode(String(socket.description))}</p>
<dl class="fields">${frames.map(([name, schema]) => html`<div><dt>${name as string}, as text <span class="type">${typeOf(schema as JsonObject)}</span></dt></div>`)}
${typeof socket.binary === 'string' && html`<div><dt>Binary</dt><dd><p>${withCode(socket.binary)}</p></dd></div>`}
${subprotocols && html`<div><dt>Subprotocols</dt><dd><p>${subprotocols.map((it) => html`<code>${it}</code> `)}</p></dd></div>`}</dl>`
}

function resolve(value: JsonObject, document: ApiDocument): JsonObject {
  if (typeof value.$ref !== 'string') return value
  const [, , kind = '', name = ''] = value.$ref.split('/')
  return document.components[kind as keyof ApiDocument['components']]?.[name] ?? {}
}
