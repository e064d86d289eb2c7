/**
 * Runs in the browser before the code of any page. Zod, where a page loads it, would try `new Function` to find out
 * whether it may generate code. The console's policy forbids that, and the browser reports each attempt as an error.
 * The setting is written here without importing Zod, which most pages do not need.
 */
const shared = globalThis as { __zod_globalConfig?: { jitless?: boolean } }
shared.__zod_globalConfig = { ...shared.__zod_globalConfig, jitless: true }
