/** Starting processes must not depend on how many descriptors the toolbox has open. */
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture
beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(() => toolbox.stop())

test('a session can be created whatever the number of the next descriptor is', async () => {
  // A session's shell reports on descriptor 99, which the toolbox may use for something else.
  for (let held = 0; held < 110; held += 1) {
    const socket = toolbox.webSocket('/events')
    await once(socket, 'open')
    const made = await toolbox.post('/process/session', { sessionId: 's', cwd: '/tmp' })
    expect([held, made.status, made.text]).toEqual([held, 201, ''])
    expect((await toolbox.request('/process/session/s', { method: 'DELETE' })).status).toBe(204)
  }
})
