/**
 * Counts line feeds in bytes: about ten times faster than a loop in JavaScript, so that a journal can count its lines while
 * it is written at 1 GB/s.
 */

/** Bytes that one call of the module counts. */
const memoryBytes = 64 * 1024
const lineFeed = 0x0a

/**
 * A WebAssembly module with one page of memory and `count(end: i32): i32`, which counts the line feeds in the first `end`
 * bytes of the memory, 16 at a time. `end` is a multiple of 16.
 */
// biome-ignore format: one instruction in each line
const moduleBytes = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  // Type 0: (i32) -> i32. Function 0 has type 0. Memory 0 has one page.
  0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f,
  0x03, 0x02, 0x01, 0x00,
  0x05, 0x04, 0x01, 0x01, 0x01, 0x01,
  // Exports: "c" is the function, "m" is the memory.
  0x07, 0x09, 0x02, 0x01, 0x63, 0x00, 0x00, 0x01, 0x6d, 0x02, 0x00,
  0x0a, 0x32, 0x01, 0x30,
  0x01, 0x02, 0x7f, // locals: 1 = position, 2 = count
  0x02, 0x40, // block
  0x03, 0x40, // loop
  0x20, 0x01, // local.get position
  0x20, 0x00, // local.get end
  0x4f, // i32.ge_u
  0x0d, 0x01, // br_if block
  0x20, 0x02, // local.get count
  0x20, 0x01, // local.get position
  0xfd, 0x00, 0x04, 0x00, // v128.load
  0x41, 0x0a, // i32.const 10
  0xfd, 0x0f, // i8x16.splat
  0xfd, 0x23, // i8x16.eq
  0xfd, 0x64, // i8x16.bitmask
  0x69, // i32.popcnt
  0x6a, // i32.add
  0x21, 0x02, // local.set count
  0x20, 0x01, // local.get position
  0x41, 0x10, // i32.const 16
  0x6a, // i32.add
  0x21, 0x01, // local.set position
  0x0c, 0x00, // br loop
  0x0b, 0x0b, // end loop, end block
  0x20, 0x02, // local.get count
  0x0b,
)

interface Counter {
  memory: Uint8Array
  count: (end: number) => number
}

let counter: Counter | null | undefined

/** Null where the process may not use WebAssembly, for example because its address space is limited. */
function loadCounter(): Counter | null {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes))
    const memory = new Uint8Array((exports.m as WebAssembly.Memory).buffer)
    return { memory, count: exports.c as Counter['count'] }
  } catch {
    return null
  }
}

/** How many line feeds the bytes contain. */
export function countLineFeeds(bytes: Uint8Array): number {
  if (counter === undefined) counter = loadCounter()
  if (counter === null || bytes.length < 64) return countOneByOne(bytes)
  const { memory, count } = counter
  let found = 0
  for (let at = 0; at < bytes.length; at += memoryBytes) {
    const part = bytes.subarray(at, at + memoryBytes)
    const end = (part.length + 15) & ~15
    memory.set(part)
    memory.fill(0, part.length, end)
    found += count(end)
  }
  return found
}

function countOneByOne(bytes: Uint8Array): number {
  let found = 0
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === lineFeed) found += 1
  return found
}

/** Index after the n-th line feed, from 1; -1 if there are fewer. */
export function indexAfterLineFeed(bytes: Uint8Array, n: number): number {
  let at = 0
  for (let found = 0; found < n; found += 1) {
    const index = bytes.indexOf(lineFeed, at)
    if (index === -1) return -1
    at = index + 1
  }
  return at
}
