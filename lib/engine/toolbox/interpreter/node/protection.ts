/** Work that an interrupt must not end half done: a message that is being written, a run that begins or ends. */
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
