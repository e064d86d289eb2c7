/**
 * IPv4 networks that are not part of the internet on any machine.
 *
 * Source: the IANA IPv4 Special-Purpose Address Registry (RFC 6890, RFC 8190), every entry that is not "Globally Reachable",
 * and the IPv4 Multicast Address Space Registry (RFC 5771). Its three documentation networks (RFC 5737: 192.0.2.0/24,
 * 198.51.100.0/24, 203.0.113.0/24) are left out deliberately: they lead nowhere, so they count as internet. So do the
 * globally reachable blocks of that registry: 192.31.196.0/24, 192.52.193.0/24, 192.175.48.0/24.
 */
export const specialNetworks: ReadonlyArray<readonly [network: string, what: string]> = [
  ['0.0.0.0/8', '"this network", RFC 791'],
  ['10.0.0.0/8', 'private use, RFC 1918'],
  ['100.64.0.0/10', 'shared address space of providers (CGNAT), RFC 6598; some clouds keep their metadata here'],
  ['127.0.0.0/8', 'loopback, RFC 1122'],
  ['169.254.0.0/16', 'link local, RFC 3927, with the metadata address of most clouds'],
  ['172.16.0.0/12', 'private use, RFC 1918'],
  ['192.0.0.0/24', 'IETF protocol assignments, RFC 6890; some clouds keep their metadata here'],
  ['192.88.99.0/24', '6to4 relay anycast, deprecated by RFC 7526'],
  ['192.168.0.0/16', 'private use, RFC 1918'],
  ['198.18.0.0/15', 'benchmarking, RFC 2544'],
  ['224.0.0.0/4', 'multicast, RFC 5771: it reaches the local network'],
  ['240.0.0.0/4', 'reserved, RFC 1112, with the limited broadcast address, RFC 8190'],
]

/** Metadata services at public addresses. */
export const metadataNetworks: ReadonlyArray<readonly [network: string, what: string]> = [
  ['168.63.129.16/32', "the address of the platform inside Azure's virtual machines"],
]
