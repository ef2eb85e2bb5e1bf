import type { IncomingMessage } from 'node:http'
import { isIP, isIPv4 } from 'node:net'
import proxyAddr from 'proxy-addr'

/** Which proxies are believed about a caller's address: how many stand in front, or their addresses; null for none. */
export type TrustProxy = number | readonly string[] | null

/** The address a request came from, as far as it can be trusted; undefined where a connection has none. */
export type AddressOf = (request: IncomingMessage) => string | undefined

/**
 * Reads the caller's address from the connection and, behind trusted proxies, from `X-Forwarded-For`, as Express does with its
 * `trust proxy`. Entries that the caller wrote there itself are ignored, and so is anything that is not an address.
 */
export function createAddressOf(trust: TrustProxy): AddressOf {
  if (trust === null) return ({ socket }) => plainAddress(socket.remoteAddress)
  const isTrusted =
    typeof trust === 'number' ? (_address: string, i: number) => i < trust : proxyAddr.compile([...trust])
  return (request) => {
    const { remoteAddress } = request.socket
    if (remoteAddress === undefined) return undefined
    return plainAddress(withoutPort(proxyAddr(request, isTrusted))) ?? plainAddress(remoteAddress)
  }
}

const IPV4_IN_IPV6 = '::ffff:'

/** A dual-stack socket shows an IPv4 address in IPv6 form; this strips the prefix. */
function plainAddress(address = ''): string | undefined {
  if (address.startsWith(IPV4_IN_IPV6) && isIPv4(address.slice(IPV4_IN_IPV6.length)))
    return address.slice(IPV4_IN_IPV6.length)
  return isIP(address) === 0 ? undefined : address
}

/** Some proxies add the port: `192.0.2.1:443`, `[2001:db8::1]:443`. */
function withoutPort(text: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
}
