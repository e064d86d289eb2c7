import type { IsolationReport } from '../../lib/process-api/sandbox'
import type { Attack } from '../attack'

export const claims: Attack = {
  name: 'claims',
  lines: [],
  isForPlainProcesses: true,
  description: 'checks what an engine without isolation claims',
  isFor: ({ isolates }) => isolates !== true,

  async run(world) {
    const reply = await world.client.ask('POST', '/api/sandbox', {}, {}, 60_000)
    const { id, isolation } = reply.json<{ id: string; isolation: IsolationReport }>()
    if (isolation.kind !== 'none') world.breach(`the engine claims isolation by ${isolation.kind}`)
    if (isolation.warnings.length === 0) world.breach('the engine gives no warning')
    const blocked = await world.client.ask('POST', '/api/sandbox', { networkBlockAll: true }, {}, 60_000)
    if (blocked.status === 200 && blocked.json<{ isolation: IsolationReport }>().isolation.network === 'blocked') {
      world.breach('the engine claims to block the network')
    }
    if (blocked.status === 200) await world.client.ask('DELETE', `/api/sandbox/${blocked.json<{ id: string }>().id}`)
    await world.client.ask('DELETE', `/api/sandbox/${id}`)
  },
}
