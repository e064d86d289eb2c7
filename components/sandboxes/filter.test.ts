import { describe, expect, it } from 'vitest'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { filterSandboxes } from './filter'

const base: SandboxListItem = {
  id: '11111111-1111-4111-8111-111111111111',
  organizationId: 'o',
  name: 'api-worker',
  user: 'daytona',
  labels: {},
  public: false,
  networkBlockAll: false,
  target: 'local',
  cpu: 1,
  gpu: 0,
  memory: 1,
  disk: 1,
  state: 'started',
  toolboxProxyUrl: '',
}
const list: SandboxListItem[] = [
  base,
  {
    ...base,
    id: '2',
    name: 'etl-nightly',
    state: 'stopped',
    labels: { team: 'api', 'code-toolbox-language': 'typescript' },
  },
  { ...base, id: '3', name: 'demo', networkBlockAll: true },
]
const names = (text: string) => filterSandboxes(list, text).map((sandbox) => sandbox.name)

describe('the filter box', () => {
  it('shows everything while it is empty', () => {
    expect(names('  ')).toEqual(['api-worker', 'etl-nightly', 'demo'])
  })
  it('matches parts of names and the beginning of ids', () => {
    expect(names('NIGHT')).toEqual(['etl-nightly'])
    expect(names('1111')).toEqual(['api-worker'])
  })
  it('accepts the words that the list shows and those of the protocol', () => {
    expect(names('state:running')).toEqual(['api-worker', 'demo'])
    expect(names('state:started')).toEqual(['api-worker', 'demo'])
    expect(names('network:off')).toEqual(['demo'])
    expect(names('language:python')).toEqual(['api-worker', 'demo'])
    expect(names('label:team=api')).toEqual(['etl-nightly'])
  })
  it('needs all terms', () => {
    expect(names('state:running demo')).toEqual(['demo'])
    expect(names('state:stopped demo')).toEqual([])
  })
})
