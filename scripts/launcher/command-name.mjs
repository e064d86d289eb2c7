import { isPackaged } from '../building/freshness.mjs'

/**
 * How sentences name a command of Sandglass.
 * @param {'sign-in' | 'stop'} name
 */
export function commandName(name) {
  return isPackaged ? `the command "${name}" of this package` : `"npm run ${name}"`
}
