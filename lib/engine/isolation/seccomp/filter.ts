/** The seccomp filter of isolated sandboxes, in the format of `bwrap --seccomp`. */
import { encode } from './bpf'
import { type Architecture, compile } from './compile'
import { syscallNumbers } from './syscalls'

/**
 * The compiled filter: an array of `struct sock_filter`. Null for an unsupported architecture (as Node names it), because a
 * wrong filter would be worse than none.
 */
export function seccompFilter(architecture: string = process.arch): Buffer | null {
  return isKnown(architecture) ? encode(compile(architecture)) : null
}

function isKnown(architecture: string): architecture is Architecture {
  return Object.hasOwn(syscallNumbers, architecture)
}
