/** The browsable page: the whole document in one answer, which needs nothing else. */
import { createHash } from 'node:crypto'
import type { ApiDocument } from '../document'
import type { JsonObject } from '../json-schema'
import { Html, html, withCode } from './html'
import { operationView, type ShownOperation, shownOperations } from './operation-view'
import { fieldsOf, limitsOf, typeOf } from './schema-view'

export interface PageAssets {
  readonly style: string
  readonly script: string
}

/** Placeholder in the page for the address at which the engine was reached. */
export const originMark = 'http://engine.invalid'

export interface Page {
  readonly html: string
  /** Nothing is loaded from elsewhere, and only the script of this page runs. */
  readonly contentSecurityPolicy: string
}

/**
 * The page. Each operation and each schema is in a template until the address names it, because laying out or checking
 * all of them at once would take too long.
 */
export function docsPage(document: ApiDocument, { style, script }: PageAssets): Page {
  const all = shownOperations(document)
  const groups = document.tags.map((tag) => ({
    ...tag,
    id: `area-${tag.name.toLowerCase().replaceAll(' ', '-')}`,
    operations: all.filter(({ operation }) => (operation.tags as string[]).includes(tag.name)),
  }))
  const schemas = Object.entries(document.components.schemas)
  const { title, version } = document.info as Record<string, string>
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} API</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header><h1><a class="title" href="#start">${title} API</a></h1><span class="version">${version}</span><a href="/openapi.json">openapi.json</a></header>
<nav aria-label="Operations">
<div class="search"><label for="filter">Filter</label><input id="filter" type="search" autocomplete="off" spellcheck="false" aria-describedby="filter-hint">
<p id="filter-hint">Press <kbd>/</kbd> to filter, <kbd>↓</kbd> to move through the results.</p>
<p id="count" role="status">${all.length} operations</p></div>
${groups.map(
  ({ id, name, operations }) => html`<section data-group aria-labelledby="${id}"><h2 id="${id}">${name}</h2>
<ul>${operations.map(operationEntry)}</ul></section>`,
)}
<section data-group aria-labelledby="area-schemas"><h2 id="area-schemas">Schemas</h2>
<ul>${schemas.map(([name, schema]) => schemaEntry(name, schema))}</ul></section>
</nav>
<main id="main" tabindex="-1">
${start(document)}
<div id="shown"></div>
</main>
${all.map((operation) => html`<template data-id="${operation.id}">${operationView(operation, document)}</template>`)}
${schemas.map(([name, schema]) => html`<template data-id="schema-${name}">${schemaView(name, schema)}</template>`)}
<script>${raw(script)}</script>
</body>
</html>
`
  return {
    html: page.text,
    contentSecurityPolicy: [
      "default-src 'none'",
      'img-src data:',
      `style-src ${hashOf(style)}`,
      `script-src ${hashOf(script)}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  }
}

function operationEntry({ id, label, path, operation }: ShownOperation): Html {
  const { summary, description, deprecated } = operation
  const isExtension = operation['x-sandglass-extension'] === true
  const kinds = [isExtension && 'extension', operation['x-sandglass-refusal'] && 'refused', deprecated && 'deprecated']
  const found = [label, path, id, summary, description, ...kinds].filter(Boolean).join(' ').toLowerCase()
  return html`<li data-text="${found}" data-operation><a class="entry" href="#${id}"><span class="method" data-method="${label}">${label}</span> <span>${String(summary)}</span>${isExtension && html` <span class="badge extension">extension</span>`}</a></li>`
}

function schemaEntry(name: string, schema: JsonObject): Html {
  const found = `schema ${name} ${schema.description ?? ''}`.toLowerCase()
  return html`<li data-text="${found}"><a class="entry" href="#schema-${name}">${name}</a></li>`
}

function start(document: ApiDocument): Html {
  const { description = '' } = document.info as Record<string, string>
  const lines = `ENGINE=${originMark}\nKEY=$(sed -n 's/.*"apiKey": *"\\([^"]*\\)".*/\\1/p' ~/.sandglass/connection.json)`
  return html`<noscript><p>This page needs JavaScript. Without it, read <a href="/openapi.json">openapi.json</a>.</p></noscript>
<section id="intro" aria-labelledby="start"><h2 id="start">Start</h2>
${description.split('\n\n').map((paragraph) => html`<p>${withCode(paragraph)}</p>`)}
<p>The examples use these shell variables. Your data directory may differ.</p>
<pre tabindex="0" role="region" aria-label="Variables for the examples"><code>${lines}</code></pre>
<h2>Credentials</h2><dl class="fields">${Object.entries(document.components.securitySchemes).map(
    ([name, scheme]) => html`<div><dt><code>${name}</code> <span class="type">${schemeText(scheme)}</span></dt>
<dd><p>${withCode(String(scheme.description))}</p></dd></div>`,
  )}</dl>
<h2>Areas</h2><dl class="fields">${document.tags.map(
    ({ name, description: about }) => html`<div><dt>${name}</dt><dd><p>${withCode(about)}</p></dd></div>`,
  )}</dl></section>`
}

function schemeText(scheme: JsonObject): string {
  return scheme.type === 'http' ? 'header Authorization: Bearer …' : `${scheme.in} ${scheme.name}`
}

function schemaView(name: string, schema: JsonObject): Html {
  return html`<article id="schema-${name}" tabindex="-1" aria-labelledby="schema-${name}-title"><p class="meta">Schema</p>
<h2 id="schema-${name}-title"><a class="title" href="#schema-${name}">${name}</a></h2>
<p>${withCode(String(schema.description ?? ''))}</p>
${fieldsOf(schema) ?? html`<p class="type">${typeOf(schema)} ${limitsOf(schema)}</p>`}</article>`
}

/** Our own assets, allowed by their hashes, which escaping would change. */
function raw(text: string): Html {
  if (/<\/(style|script)/i.test(text)) throw new Error('the assets of the page must not end their element')
  return new Html(text)
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
