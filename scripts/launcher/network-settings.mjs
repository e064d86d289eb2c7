/** The settings of names, origins, proxies and sockets, looked at before anything is started; the programs read them by the same rules. */
import { isIP } from 'node:net'

const wholeOrigin = /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?\/?$/i
const hostName = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

const socketSettings = [
  'SANDGLASS_LIVE_SOCKETS',
  'SANDGLASS_LIVE_SOCKETS_PER_SESSION',
  'SANDGLASS_LIVE_SOCKETS_PER_ADDRESS',
  'SANDGLASS_ENGINE_SOCKETS',
  'SANDGLASS_ENGINE_SOCKETS_PER_KEY',
  'SANDGLASS_ENGINE_SOCKETS_PER_ADDRESS',
]

/**
 * @param {(name: string) => string | undefined} text a setting without blanks around it
 * @returns {string[]} one sentence for each wrong value
 */
export function networkProblems(text) {
  const problems = []
  const entries = (name) => (text(name) ?? '').split(',').flatMap((entry) => entry.trim() || [])
  for (const name of ['SANDGLASS_ALLOWED_HOSTS', 'SANDGLASS_PREVIEW_HOSTS', 'SANDGLASS_API_ORIGINS']) {
    for (const entry of entries(name)) {
      if (isName(entry)) continue
      problems.push(
        `${name} has "${entry}", but it must be host names or origins such as https://sandglass.example.com, with commas between them.`,
      )
    }
  }
  for (const entry of entries('SANDGLASS_TRUSTED_PROXIES')) {
    if (isRange(entry)) continue
    problems.push(
      `SANDGLASS_TRUSTED_PROXIES has "${entry}", but it must be addresses or ranges such as 10.0.0.0/8, with commas between them.`,
    )
  }
  const sharing = text('SANDGLASS_SHARED_HOST_PREVIEWS') ?? 'refuse'
  if (!['refuse', 'allow'].includes(sharing)) {
    problems.push(`SANDGLASS_SHARED_HOST_PREVIEWS is "${sharing}", but it must be one of refuse, allow.`)
  }
  for (const name of socketSettings) {
    const value = text(name)
    if (value === undefined || (/^\d{1,7}$/.test(value) && Number(value) >= 1 && Number(value) <= 1_000_000)) continue
    problems.push(`${name} is "${value}", but it must be a whole number from 1 to 1000000.`)
  }
  return problems
}

function isName(entry) {
  if (wholeOrigin.test(entry)) return URL.canParse(entry)
  return hostName.test(entry) && URL.canParse(`http://${entry}`)
}

function isRange(entry) {
  const [address, prefix, ...rest] = entry.split('/')
  const longest = isIP(address) === 6 ? 128 : 32
  const isWhole = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest)
  return isIP(address) !== 0 && isWhole && rest.length === 0
}
