// Loaded before a toolbox: while the file FULL_DISK exists, writes below STATE_DIR fail with the error code in that file.
// Simulates a full disk, which a test cannot create without root.
'use strict'

const fs = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')

const flag = process.env.FULL_DISK
const folder = process.env.STATE_DIR
const { existsSync, openSync, readFileSync, readlinkSync, writeFileSync, writeSync } = fs

function refuse(path) {
  if (!path.startsWith(folder) || !existsSync(flag)) return
  const code = readFileSync(flag, 'utf8')
  throw Object.assign(new Error(`${code}: ${path}`), { code })
}

fs.writeSync = (descriptor, ...rest) => {
  refuse(readlinkSync(`/proc/self/fd/${descriptor}`))
  return writeSync(descriptor, ...rest)
}
fs.writeFileSync = (path, ...rest) => {
  refuse(String(path))
  return writeFileSync(path, ...rest)
}
fs.openSync = (path, flags, ...rest) => {
  if (flags === 'w') refuse(String(path))
  return openSync(path, flags, ...rest)
}
syncBuiltinESMExports()
