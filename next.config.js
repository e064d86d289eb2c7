/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  agentRules: false,
  reactStrictMode: true,
  // Types are checked by "npm run check"; a build on somebody's machine need not do it again.
  typescript: { ignoreBuildErrors: true },
  turbopack: { root: import.meta.dirname },
  experimental: {
    agentUpgrade: false,
    // 12 MB of code, grown by its encoding; lib/auth/front-door.ts answers over-limit bodies with a sentence.
    serverActions: { bodySizeLimit: '32mb' },
  },
}
