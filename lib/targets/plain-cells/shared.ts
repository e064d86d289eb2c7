/** The process's PlainCells: created by server.ts and used by actions and routes, which do not share modules with it. */
import type { PlainCells } from './plain-cells'

const key = Symbol.for('sandglass.plain-cells')

export function sharePlainCells(cells: PlainCells): void {
  Object.assign(globalThis, { [key]: cells })
}

export function plainCells(): PlainCells {
  const shared: unknown = Reflect.get(globalThis, key)
  if (shared === undefined) throw new Error('The server has not created its PlainCells yet')
  return shared as PlainCells
}
