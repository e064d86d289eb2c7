/**
 * `@xterm/addon-unicode-graphemes` 0.4.0 decodes its table with `Buffer.from` and then reads the buffer's whole
 * `ArrayBuffer` from the start. Where that is Node's shared pool, the import may fail ("Data error"). Without the pool
 * each buffer has its own memory. Import this before the addon.
 */
Buffer.poolSize = 0
