/**
 * `@xterm/addon-unicode-graphemes` 0.4.0 decodes its table with `Buffer.from` and then reads the whole memory that the
 * buffer lies in, from the start. Where that is a pool which other buffers share, its import fails ("Data error") or
 * not, by chance. Without the pool each buffer has a memory of its own. To be imported before the addon.
 */
Buffer.poolSize = 0
