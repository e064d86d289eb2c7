/**
 * Every command starts here, so this file and the entry files use only syntax that an old Node can parse: the reader
 * then gets a sentence instead of a SyntaxError.
 */

/** Load the real program, or say what is missing and exit with 1. */
export function runOnSupportedNode(load) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 9)) {
    console.error(
      'Sandglass needs Node.js 20.9 or newer and this is ' +
        process.versions.node +
        '; install a newer one (nodejs.org, your package manager or nvm) and run the command again.',
    )
    process.exit(1)
  }
  load().catch((error) => {
    console.error(error)
    process.exit(1)
  })
}
