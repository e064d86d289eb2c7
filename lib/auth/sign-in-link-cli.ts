/**
 * The program behind `npm run sign-in`: prints a new one-time link to the running console. It needs only the data
 * folder, whose secret signs the link, and does not contact the console.
 */
import { ConnectionFile } from '@/lib/settings/connection-file'
import { readConsoleSettings } from '@/lib/settings/console-settings'
import { openAuthenticator } from './authenticator'
import { signInUrl } from './sign-in-link'

const { dataDir } = readConsoleSettings()
const { consoleUrl, linkOrigins = [] } = new ConnectionFile(dataDir).read()
if (consoleUrl === undefined) {
  console.error(`No console is running with the data directory ${dataDir}. Start it with "npm start".`)
  process.exitCode = 1
} else {
  const token = openAuthenticator(dataDir).issueLinkToken()
  const [first = consoleUrl, ...others] = linkOrigins
  console.log(signInUrl(first, token))
  for (const origin of others) console.error(`From other machines: ${signInUrl(origin, token)}`)
}
