import { describe, expect, it } from 'vitest'
import { type NetworkPolicyKind, networkPolicyKindSchema } from '@/lib/process-api/network-policy'
import { networkDisplay, networkOptions } from './network-display'

const display = (
  kind: NetworkPolicyKind,
  network: 'private' | 'shared' | 'blocked' = 'private',
  message?: string,
  allowList: string[] = [],
) =>
  networkDisplay({
    networkBlockAll: kind === 'none',
    isolation: {
      kind: 'bubblewrap',
      network,
      warnings: [],
      networkPolicy: { kind, allowList, ...(message === undefined ? {} : { message }) },
    },
  })

describe('the display of a network policy', () => {
  it('offers every policy with a sentence of its own', () => {
    expect(networkOptions.map(({ kind }) => kind).sort()).toEqual([...networkPolicyKindSchema.options].sort())
    expect(new Set(networkOptions.map(({ sentence }) => sentence)).size).toBe(networkOptions.length)
  })
  it('describes the enforced policy', () => {
    expect(display('internet')).toMatchObject({ word: 'internet', isWeak: false })
    expect(display('none', 'blocked')).toMatchObject({ word: 'off', isWeak: false })
    expect(display('all')).toMatchObject({ word: 'all', isWeak: false })
    const listed = display('allow-list', 'private', undefined, ['10.0.0.0/8', '192.0.2.1/32'])
    expect(listed).toMatchObject({ word: 'listed', isWeak: false })
    expect(listed.sentence).toContain('10.0.0.0/8, 192.0.2.1/32')
  })
  it('says why programs can reach more than was requested', () => {
    const open = display('all', 'private', 'It cannot be enforced, because "ip" is missing.')
    expect(open).toMatchObject({ word: 'all', isWeak: true })
    expect(open.sentence).toMatch(/and metadata services\. It cannot be enforced/)
    expect(display('all', 'shared', 'Not here.')).toMatchObject({ word: 'shared', isWeak: true })
  })
  it('does not guess what a target does not report', () => {
    expect(networkDisplay({ networkBlockAll: false }).word).toBe('on')
    expect(networkDisplay({ networkBlockAll: true }).word).toBe('off')
    const shared = { kind: 'none' as const, network: 'shared' as const, warnings: [] }
    expect(networkDisplay({ networkBlockAll: false, isolation: shared })).toMatchObject({
      word: 'shared',
      isWeak: true,
    })
  })
})
