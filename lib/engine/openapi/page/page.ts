/** The browsable page: all of the document as HTML, so that it can be read, linked and searched without a script. */
import { createHash } from 'node:crypto'
import type { ApiDocument } from '../document'
import { Html, html, withCode } from './html'
import { operationView, type ShownOperation, shownOperations } from './operation-view'
import { fieldsOf, limitsOf, typeOf } from './schema-view'

export interface PageAssets {
  readonly style: string
  readonly script: string
}

/** Stands in the page for the address under which the engine was reached. */
export const originMark = 'http://engine.invalid'

export interface Page {
  readonly html: string
  /** Nothing is loaded from anywhere, and nothing runs but this page's own script. */
  readonly contentSecurityPolicy: string
}

export function docsPage(document: ApiDocument, { style, script }: PageAssets): Page {
  const all = shownOperations(document)
  const groups = document.tags.map((tag) => ({
    ...tag,
    id: `area-${tag.name.toLowerCase().replaceAll(' ', '-')}`,
    operations: all.filter(({ operation }) => (operation.tags as string[]).includes(tag.name)),
  }))
  const { title, version, description } = document.info as Record<string, string>
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} API</title>
<style>${raw(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the operations</a>
<header><h1>${title} API</h1><span class="version">${version}</span><a href="/openapi.json">openapi.json</a></header>
<nav aria-label="Operations">
<div class="search"><label for="filter">Filter</label><input id="filter" type="search" autocomplete="off" spellcheck="false" aria-describedby="filter-hint">
<p id="filter-hint">Press <kbd>/</kbd> to come here, <kbd>↓</kbd> to go through what is left.</p>
<p id="count" role="status">${all.length} operations</p></div>
${groups.map(
  ({
    id,
    name,
    operations,
  }) => html`<section data-group aria-labelledby="nav-${id}"><h2 id="nav-${id}"><a class="area" href="#${id}">${name}</a></h2>
<ul>${operations.map(navigationItem)}</ul></section>`,
)}
<section><h2><a class="area" href="#schemas">Schemas</a></h2></section>
</nav>
<main id="main" tabindex="-1">
${start(description ?? '')}
${security(document)}
${groups.map(
  ({
    id,
    name,
    description: about,
    operations,
  }) => html`<section id="${id}" data-group aria-labelledby="${id}-title"><h2 id="${id}-title">${name}</h2><p>${withCode(about)}</p>
${operations.map((operation) => operationView(operation, document))}</section>`,
)}
${schemas(document)}
</main>
<script>${raw(script)}</script>
</body>
</html>
`
  return {
    html: page.text,
    contentSecurityPolicy: [
      "default-src 'none'",
      `style-src ${hashOf(style)}`,
      `script-src ${hashOf(script)}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  }
}

function navigationItem({ id, label, path, operation }: ShownOperation): Html {
  const summary = String(operation.summary)
  const isExtension = operation['x-sandglass-extension'] === true
  const kinds = [
    isExtension && 'extension',
    operation['x-sandglass-refusal'] && 'refused',
    operation.deprecated && 'old',
  ]
  const found = [label, path, id, summary, ...kinds].filter(Boolean).join(' ').toLowerCase()
  return html`<li data-text="${found}"><a class="entry" href="#${id}"><span class="method" data-method="${label}">${label}</span> <span>${summary}</span>${isExtension && html` <span class="badge extension">extension</span>`}</a></li>`
}

function start(description: string): Html {
  const lines = `ENGINE=${originMark}\nKEY=$(sed -n 's/.*"apiKey": *"\\([^"]*\\)".*/\\1/p' ~/.sandglass/connection.json)`
  return html`<section aria-labelledby="start"><h2 id="start">Start</h2>
${description.split('\n\n').map((paragraph) => html`<p>${withCode(paragraph)}</p>`)}
<p>The examples below use two variables of a shell:</p>
<pre tabindex="0" role="region" aria-label="Variables of the examples"><code>${lines}</code></pre></section>`
}

function security(document: ApiDocument): Html {
  const schemes = Object.entries(document.components.securitySchemes)
  return html`<section aria-labelledby="security"><h2 id="security">Credentials</h2><dl class="fields">${schemes.map(
    ([
      name,
      scheme,
    ]) => html`<div id="security-${name}"><dt><code>${name}</code> <span class="type">${schemeText(scheme)}</span></dt>
<dd><p>${withCode(String(scheme.description))}</p></dd></div>`,
  )}</dl></section>`
}

function schemeText(scheme: Record<string, unknown>): string {
  return scheme.type === 'http' ? 'header Authorization: Bearer …' : `${scheme.in} ${scheme.name}`
}

function schemas(document: ApiDocument): Html {
  return html`<section id="schemas" aria-labelledby="schemas-title"><h2 id="schemas-title">Schemas</h2>
${Object.entries(document.components.schemas).map(
  ([
    name,
    schema,
  ]) => html`<article id="schema-${name}" aria-labelledby="schema-${name}-title"><h3 id="schema-${name}-title"><a class="title" href="#schema-${name}">${name}</a></h3>
<p>${withCode(String(schema.description ?? ''))}</p>
${fieldsOf(schema) ?? html`<p class="type">${typeOf(schema)} ${limitsOf(schema)}</p>`}</article>`,
)}</section>`
}

/** Ours, and allowed by its hash: escaping would change it. */
function raw(text: string): Html {
  if (/<\/(style|script)/i.test(text)) throw new Error('the assets of the page must not end their element')
  return new Html(text)
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
