/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  agentRules: false,
  reactStrictMode: true,
  turbopack: { root: import.meta.dirname },
  experimental: { agentUpgrade: false },
}
