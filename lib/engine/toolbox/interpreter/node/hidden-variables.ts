/** Variables that Node itself was started without, as JSON (see `run/node-certificates.ts`). */
export const hiddenVariables = 'SANDGLASS_HIDDEN_VARIABLES'

/** Give the variables back to the code and its children, and hide the argument that stands for them. */
export function restoreVariables(): void {
  const text = process.env[hiddenVariables]
  if (text === undefined) return
  delete process.env[hiddenVariables]
  Object.assign(process.env, JSON.parse(text))
  const at = process.execArgv.indexOf('--use-openssl-ca')
  if (at >= 0) process.execArgv.splice(at, 1)
}
