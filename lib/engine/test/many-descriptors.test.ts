/** What a toolbox starts must not depend on how many descriptors it has open itself. */
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture
beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(() => toolbox.stop())

test('a session can be made whatever the number of the next descriptor is', async () => {
  // A session's shell reports at descriptor 99, which the toolbox itself may have in use for something else.
  for (let held = 0; held < 110; held += 1) {
    const socket = toolbox.webSocket('/events')
    await once(socket, 'open')
    const made = await toolbox.post('/process/session', { sessionId: 's', cwd: '/tmp' })
    expect([held, made.status, made.text]).toEqual([held, 201, ''])
    expect((await toolbox.request('/process/session/s', { method: 'DELETE' })).status).toBe(204)
  }
})
