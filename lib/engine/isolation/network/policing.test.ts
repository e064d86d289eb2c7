import { describe, expect, test } from 'vitest'
import { findPolicing, runInNamespace } from './policing'

const found = findPolicing()
const policing = typeof found === 'string' ? { ip: '', nsenter: '' } : found

describe.runIf(found === policing)('commands for the network namespace of a sandbox', () => {
  test('never run in the namespace of the machine', async () => {
    const here = { pid: process.pid, ownUserNamespace: false }
    await expect(runInNamespace(policing, here, ['link show'])).rejects.toThrow(
      `process ${process.pid} has the network namespace of this machine`,
    )
  })

  test('do not run for an exited process', async () => {
    const nowhere = { pid: 2 ** 22 + 1, ownUserNamespace: false }
    await expect(runInNamespace(policing, nowhere, ['link show'])).rejects.toThrow(/ENOENT/)
  })
})
