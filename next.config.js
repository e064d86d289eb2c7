/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  agentRules: false,
  reactStrictMode: true,
  // Types are checked by "npm run check"; a build on somebody's machine need not do it again.
  typescript: { ignoreBuildErrors: true },
  turbopack: { root: import.meta.dirname },
  redirects: async () => [
    { source: '/targets/local', destination: '/', permanent: false },
    { source: '/targets/local/:path*', destination: '/:path*', permanent: false },
  ],
  // The engine of this installation has short addresses; other targets have their name in them.
  rewrites: async () => [
    { source: '/', destination: '/targets/local' },
    { source: '/history', destination: '/targets/local/history' },
    { source: '/audit', destination: '/targets/local/audit' },
    { source: '/people', destination: '/targets/local/people' },
    { source: '/wall/:path*', destination: '/targets/local/wall/:path*' },
    { source: '/sandboxes/:path*', destination: '/targets/local/sandboxes/:path*' },
  ],
  experimental: {
    agentUpgrade: false,
    // 12 MB of code, grown by its encoding; lib/auth/middleware.ts rejects larger bodies with a clear message.
    serverActions: { bodySizeLimit: '32mb' },
  },
}
