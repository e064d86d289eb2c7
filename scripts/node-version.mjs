/**
 * Every command starts here, so this file and the entry files use only syntax that an old Node can parse: the reader
 * then gets a sentence instead of a SyntaxError.
 */

/** What the product needs, and what the tools need that check and test it (Vite and knip load ES modules by require). */
const needed = { product: [20, 9], tools: [20, 19] }

/**
 * Load the real program, or say what is missing and exit with 1.
 * @param {() => Promise<unknown>} load
 * @param {'product' | 'tools'} use
 */
export function runOnSupportedNode(load, use) {
  const [leastMajor, leastMinor] = needed[use || 'product']
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    console.error(
      (use === 'tools' ? 'The tools that check and test Sandglass need' : 'Sandglass needs') +
        ` Node.js ${leastMajor}.${leastMinor} or newer and this is ${process.versions.node};` +
        ' install a newer one (nodejs.org, your package manager or nvm) and run the command again.',
    )
    process.exit(1)
  }
  load().catch((error) => {
    console.error(error)
    process.exit(1)
  })
}
