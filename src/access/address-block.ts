import ipaddr from 'ipaddr.js'

/** How many leading bits of an IPv6 address name the network; a caller that has one address of it has all of them. */
const NETWORK_BITS = 64

/** What failed attempts are counted by: an IPv4 address, or the network of an IPv6 address. */
export function addressBlock(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${NETWORK_BITS}`).toString()}/${NETWORK_BITS}`
}
