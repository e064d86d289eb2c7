/** The file of `SANDGLASS_TARGETS`, looked at before anything is started; the console reads it with the same rules. */
import { readFileSync, statSync } from 'node:fs'

const example = '[{ "name": "staging", "apiUrl": "https://app.example.com/api", "apiKey": "…" }]'

/**
 * @param {string} file absolute path
 * @returns {string | undefined} one sentence that says what is wrong with it
 */
export function targetsProblem(file) {
  let list
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      return `SANDGLASS_TARGETS: ${file} holds keys and can be read by others; run: chmod 600 ${file}`
    }
    list = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    return error instanceof SyntaxError
      ? `SANDGLASS_TARGETS: ${file} is not JSON.`
      : `SANDGLASS_TARGETS: ${file} cannot be read (${error.code}).`
  }
  if (!Array.isArray(list)) return `SANDGLASS_TARGETS: ${file} must be a list such as ${example}.`
  const names = new Set()
  for (const [index, target] of list.entries()) {
    const wrong = entryProblem(target, names)
    if (wrong) return `SANDGLASS_TARGETS: entry ${index + 1} of ${file} ${wrong}.`
    names.add(target.name)
  }
  return undefined
}

function entryProblem(target, names) {
  const { name, apiUrl, apiKey, toolboxUrl } = target ?? {}
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) {
    return 'needs a "name" of up to 32 small letters, digits and hyphens'
  }
  if (name === 'local') return 'is called "local", which is the engine of this installation'
  if (names.has(name)) return `has the name "${name}", which another one has already`
  if (!isAddress(apiUrl)) return 'needs an "apiUrl" that begins with http:// or https://'
  if (typeof apiKey !== 'string' || apiKey === '') return 'needs an "apiKey"'
  if (toolboxUrl !== undefined && !isAddress(toolboxUrl)) return 'has a "toolboxUrl" that is no address'
  const known = ['name', 'apiUrl', 'apiKey', 'toolboxUrl']
  const unknown = Object.keys(target).find((key) => !known.includes(key))
  return unknown ? `has "${unknown}", but knows only ${known.join(', ')}` : undefined
}

function isAddress(value) {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
}
