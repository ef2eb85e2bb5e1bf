import ipaddr from 'ipaddr.js'

/** Of an IPv6 address, so many bits are a network's; who has one of its addresses has all of them. */
const NETWORK_BITS = 64

/** What stands for a caller's address when attempts are counted: an IPv4 address, or the network of an IPv6 one. */
export function addressBlock(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${NETWORK_BITS}`).toString()}/${NETWORK_BITS}`
}
