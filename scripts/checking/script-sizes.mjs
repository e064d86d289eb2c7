/**
 * The scripts that a page of the console needs until it is usable, from the manifests of Next's build: those in its HTML,
 * and the parts that it then loads by itself (`import()`), which are found by a text in them that survives minification.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import vm from 'node:vm'
import { root } from '../building/freshness.mjs'

const build = path.join(root, '.next')
const sandbox = '/targets/[target]/sandboxes/[sandboxId]'
const log = 'xterm-helper-textarea'
const editor = 'cm-lineWrapping'

/**
 * Route and loaded parts of each page with a budget.
 * @type {Record<string, {route: string, parts: string[]}>}
 */
export const budgetPages = {
  home: { route: '/targets/[target]/page', parts: [] },
  'sessions without a log': { route: `${sandbox}/sessions/page`, parts: [] },
  'log pane': { route: `${sandbox}/sessions/[sessionId]/[commandId]/page`, parts: [log] },
  run: { route: `${sandbox}/run/page`, parts: [editor] },
  terminal: { route: `${sandbox}/terminal/[[...panes]]/page`, parts: [log] },
  interpreter: { route: `${sandbox}/interpreter/page`, parts: [editor] },
  files: { route: `${sandbox}/files/[[...path]]/page`, parts: [] },
}

/**
 * Bytes of each page's scripts, compressed with Brotli as the console serves them. Needs a build.
 * @returns {Record<string, number>}
 */
export function measureScripts() {
  const { rootMainFiles } = JSON.parse(readFileSync(path.join(build, 'build-manifest.json'), 'utf8'))
  const entries = entryFiles()
  return Object.fromEntries(
    Object.entries(budgetPages).map(([name, { route, parts }]) => {
      const entry = entries.get(route)
      if (entry === undefined) throw new Error(`the build has no page ${route}`)
      const files = new Set([...rootMainFiles, ...entry])
      for (const part of parts) {
        const group = groupWith(part, files)
        if (group === null) throw new Error(`no script of ${route} loads a part with "${part}"`)
        for (const file of group) files.add(file)
      }
      return [name, [...files].reduce((sum, file) => sum + statSync(path.join(build, `${file}.br`)).size, 0)]
    }),
  )
}

/** The scripts in the HTML of each page, by its route. */
function entryFiles() {
  /** @type {Map<string, Set<string>>} */
  const routes = new Map()
  const folder = path.join(build, 'server', 'app')
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('page_client-reference-manifest.js')) continue
    /** @type {{__RSC_MANIFEST?: Record<string, {entryJSFiles?: Record<string, string[]>}>}} */
    const global = {}
    vm.runInNewContext(readFileSync(path.join(folder, name), 'utf8'), { globalThis: global })
    for (const [route, { entryJSFiles = {} }] of Object.entries(global.__RSC_MANIFEST ?? {})) {
      routes.set(route, new Set(Object.values(entryJSFiles).flat()))
    }
  }
  return routes
}

/**
 * The smallest group of scripts that one `import()` in these files loads, and that has the text in it, together with the
 * parts that load it.
 * @param {string} text
 * @param {Set<string>} files
 */
function groupWith(text, files) {
  /** @type {string[] | null} */
  let smallest = null
  const pending = [...files]
  /** For each file, the parts that were loaded before it.
   * @type {Map<string, string[]>} */
  const loadedBy = new Map(pending.map((file) => [file, []]))
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    for (const group of groupsIn(file)) {
      const all = [...new Set([...(loadedBy.get(file) ?? []), ...group])]
      if (group.some((member) => scriptOf(member).includes(text))) {
        if (smallest === null || bytesOf(all) < bytesOf(smallest)) smallest = all
        continue
      }
      // A part that is loaded by another part: the smallest way to it counts, whatever the order of the files.
      for (const member of group.filter((one) => bytesOf(all) < bytesOf(loadedBy.get(one)))) {
        loadedBy.set(member, all)
        pending.push(member)
      }
    }
  }
  return smallest
}

/**
 * The scripts of each `import()` in a script.
 * @param {string} file
 * @returns {string[][]}
 */
function groupsIn(file) {
  return [...scriptOf(file).matchAll(/\[((?:"static\/chunks\/[^"]+",?)+)\]/g)].map(([, list = '']) =>
    JSON.parse(`[${list}]`).filter((/** @type {string} */ name) => name.endsWith('.js')),
  )
}

/** @param {string[] | undefined} group without one, more than any group */
function bytesOf(group) {
  if (group === undefined) return Number.POSITIVE_INFINITY
  return group.reduce((sum, file) => sum + statSync(path.join(build, file)).size, 0)
}

/** @type {Map<string, string>} */
const scripts = new Map()

/** @param {string} file */
function scriptOf(file) {
  const known = scripts.get(file)
  if (known !== undefined) return known
  const text = readFileSync(path.join(build, file), 'utf8')
  scripts.set(file, text)
  return text
}
