/** Work that an interrupt must not cut off: writing a message, starting or ending a run. */
let depth = 0

export function isProtected(): boolean {
  return depth > 0
}

export function protect<Value>(work: () => Value): Value {
  depth += 1
  try {
    return work()
  } finally {
    depth -= 1
  }
}
