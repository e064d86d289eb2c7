/**
 * Every command starts here, so this file and the entry files use only syntax that an old Node can parse: people then get
 * a sentence instead of a SyntaxError.
 */

/**
 * The product, and the tools that check and test it: Vite and knip load ES modules with `require`.
 * @type {Record<'product' | 'tools', [major: number, minor: number]>}
 */
const required = { product: [20, 9], tools: [20, 19] }

/**
 * Load the real program, or print which Node.js is required and exit with 1.
 * @param {() => Promise<unknown>} load
 * @param {'product' | 'tools'} [use]
 */
export function runOnSupportedNode(load, use) {
  const [minMajor, minMinor] = required[use || 'product']
  const version = process.versions.node.split('.').map(Number)
  const major = version[0] || 0
  const minor = version[1] || 0
  if (major < minMajor || (major === minMajor && minor < minMinor)) {
    console.error(
      (use === 'tools' ? 'The tools that check and test Sandglass need' : 'Sandglass needs') +
        ` Node.js ${minMajor}.${minMinor} or newer, and this is ${process.versions.node}.` +
        ' Install a newer one (nodejs.org, your package manager or nvm) and run the command again.',
    )
    process.exit(1)
  }
  load().catch((error) => {
    console.error(error)
    process.exit(1)
  })
}
