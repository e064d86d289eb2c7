/** Checklist 86: listening ports. */
import { afterAll, expect, it } from 'vitest'
import { eventually } from '@/lib/engine/test/toolbox-fixture'
import { createSandbox } from './client'
import { expectError, shortest, timed } from './expectations'
import { openSession } from './session'

const sandbox = await createSandbox()
afterAll(() => sandbox.remove())

it('86 a listening port is listed within 2 s, and can be asked for', async () => {
  const program =
    'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); input()'
  const ports = async () => (await sandbox.request('/port')).json<{ ports: number[] }>().ports
  const took = await shortest(2000, async () => {
    const session = await openSession(sandbox)
    const id = await session.start(`python3 -c '${program}'`)
    const port = await eventually('it listens', async () =>
      Number((await session.logs(id)).json<{ stdout: string }>().stdout),
    )
    return await timed(() => eventually('it is listed', async () => (await ports()).includes(port)))
  })
  expect(took).toBeLessThan(2000)
  const inUse = (number: number) => sandbox.request(`/port/${number}/in-use`)
  const free = await inUse(3000)
  expect([free.status, free.json()]).toEqual([200, { isInUse: expect.any(Boolean) }])
  expectError(await inUse(80), 400)
})
