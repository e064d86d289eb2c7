/**
 * Program behind `npm run sign-in`: prints a fresh one-time link to the running console. It needs only the data folder,
 * because the link is signed with the secret there; the console need not be asked.
 */
import { ConnectionFile } from '@/lib/settings/connection-file'
import { readConsoleSettings } from '@/lib/settings/console-settings'
import { openAuthenticator } from './authenticator'
import { signInUrl } from './sign-in-link'

const { dataDir } = readConsoleSettings()
const { consoleUrl } = new ConnectionFile(dataDir).read()
if (consoleUrl === undefined) {
  console.error(`No console is running with the data folder ${dataDir}. Start it with "npm start".`)
  process.exitCode = 1
} else {
  console.log(signInUrl(consoleUrl, openAuthenticator(dataDir).issueLinkToken()))
}
