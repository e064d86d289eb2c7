/**
 * The modules of ARCHITECTURE.md: no two modules import each other, and arrows point down only. Relative imports count as
 * imports by alias do. Prints one line for each import that breaks a rule.
 */
import { imports, loads } from './imports.mjs'

/** What may not import what, as patterns of paths, and why. */
const forbidden = [
  [/^lib\/process-api\//, /^(?!lib\/process-api\/)/, 'the wire contract imports nothing of ours'],
  [/^lib\/log\//, /^(?!lib\/log\/)/, 'the log imports nothing of ours'],
  [/^lib\/edge\//, /^(?!lib\/(edge|process-api)\/)/, 'lib/edge is below the console and the engine'],
  [/^lib\/settings\//, /^(?!lib\/(settings|edge|process-api)\/)/, 'lib/settings is below the console and the engine'],
  [
    /^lib\/engine\//,
    /^(app|components)\/|^lib\/(live|targets|actions|auth|queries|reads|target-data)\//,
    'the engine does not know the console',
  ],
  [
    /^lib\/engine\/(http|linux|state|config)\//,
    /^lib\/engine\/(isolation|toolbox|control-plane|openapi)\//,
    'the base of the engine is below its other modules',
  ],
  [
    /^lib\/engine\/isolation\//,
    /^lib\/engine\/(toolbox|control-plane|openapi)\//,
    'the isolation is below the toolbox and the control plane',
  ],
  [
    /^lib\/engine\/toolbox\//,
    /^lib\/engine\/(isolation|control-plane|openapi)\//,
    'the toolbox is a process of its own, which the isolation starts',
  ],
  [
    /^(app\/|components\/|server\.ts|lib\/(?!engine\/))/,
    /^lib\/engine\//,
    'the console talks to the engine over the wire only',
  ],
  [
    /^(components|lib\/live\/client|lib\/queries)\//,
    /^lib\/(engine|auth|targets|target-data|reads|settings|live\/hub)\//,
    'browser code never imports server code',
  ],
  [/^components\//, /^app\//, 'arrows point down: app, components, lib'],
  [/^lib\//, /^(app|components)\//, 'arrows point down: app, components, lib'],
  [
    /^(app|components|lib|server\.ts)/,
    /^(test-kit|e2e|bench|fuzz|attack|conformance|scripts)\//,
    'the product does not need its tests and tools',
  ],
]

/** Parts that pages load only when they are needed, and that validate foreign data. */
const lazyParts = ['components/interpreter/chart-value.tsx', 'components/interpreter/ipynb.ts']

const problems = [...imports.flatMap(forbiddenBy), ...mutual(moduleOf), ...mutual(partOf), ...schemasInPages()]
for (const problem of new Set(problems)) console.log(problem)
process.exitCode = problems.length === 0 ? 0 : 1

/** @param {{from: string, to: string}} edge */
function forbiddenBy({ from, to }) {
  return forbidden
    .filter(([source, target]) => /** @type {RegExp} */ (source).test(from) && /** @type {RegExp} */ (target).test(to))
    .map(([, , why]) => `${from} imports ${to}: ${why}`)
}

/**
 * The module of a file: `components/runner`, `lib/live`, `lib/engine/toolbox`. Files that stand between modules have none.
 * @param {string} file
 */
function moduleOf(file) {
  const [top = '', second, third, fourth] = file.split('/')
  if (top === 'lib' && second === 'engine') return fourth === undefined ? null : `lib/engine/${third}`
  if (top === 'lib' || top === 'components') return third === undefined ? null : `${top}/${second}`
  return second === undefined ? null : top
}

/**
 * The part of a module of the engine that a file belongs to: `lib/engine/toolbox/run`.
 * @param {string} file
 */
function partOf(file) {
  const [, , module, part, name] = file.split('/')
  return file.startsWith('lib/engine/') && name !== undefined ? `lib/engine/${module}/${part}` : null
}

/**
 * @param {(file: string) => string | null} groupOf
 * @returns {string[]} one line for each pair of groups that import each other, with an import of each direction
 */
function mutual(groupOf) {
  /** @type {Map<string, string>} */
  const arrows = new Map()
  for (const { from, to } of imports) {
    const [source, target] = [groupOf(from), groupOf(to)]
    if (source && target && source !== target) arrows.set(`${source} ${target}`, `${from} imports ${to}`)
  }
  return [...arrows].flatMap(([pair, example]) => {
    const [source = '', target = ''] = pair.split(' ')
    const back = source < target ? arrows.get(`${target} ${source}`) : undefined
    return back ? [`${source} and ${target} import each other: ${example}; ${back}`] : []
  })
}

/**
 * The schema library is 28 kB of script, so pages use types and lists of words without it.
 * @returns {string[]} one line for each component that loads it, with the way to it
 */
function schemasInPages() {
  const components = [...loads.keys()].filter((file) => file.startsWith('components/') && !lazyParts.includes(file))
  return components.flatMap((file) => {
    const way = wayTo('zod', file)
    return way && !way.slice(1).some((step) => step.startsWith('components/'))
      ? [`${way.join(' imports ')}: a page would load the schema library`]
      : []
  })
}

/**
 * @param {string} target
 * @param {string} start
 * @returns {string[] | null} the files from the start to the target, each loading the next
 */
function wayTo(target, start) {
  /** @type {Map<string, string | null>} */
  const from = new Map([[start, null]])
  for (const file of from.keys()) {
    for (const next of loads.get(file) ?? []) if (!from.has(next)) from.set(next, file)
  }
  if (!from.has(target)) return null
  const way = [target]
  for (let file = from.get(target); file; file = from.get(file)) way.unshift(file)
  return way
}
