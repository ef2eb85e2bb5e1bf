import type { IncomingMessage } from 'node:http'
import { isIP, isIPv4 } from 'node:net'
import proxyAddr from 'proxy-addr'

/** Which proxies' word on a caller's address is taken: so many in front, or those with these addresses; null for none. */
export type TrustProxy = number | readonly string[] | null

/** The address that a request came from, as far as that can be trusted; undefined where a connection has none. */
export type AddressOf = (request: IncomingMessage) => string | undefined

/**
 * Reads who called out of the connection and, behind proxies that are trusted, out of `X-Forwarded-For`, as Express does with its
 * `trust proxy`. What a caller wrote there itself is not taken, and neither is what is no address.
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

/** A socket for both families shows IPv4 in a form of IPv6. */
function plainAddress(address = ''): string | undefined {
  if (address.startsWith(IPV4_IN_IPV6) && isIPv4(address.slice(IPV4_IN_IPV6.length)))
    return address.slice(IPV4_IN_IPV6.length)
  return isIP(address) === 0 ? undefined : address
}

/** Some proxies write it: `192.0.2.1:443`, `[2001:db8::1]:443`. */
function withoutPort(text: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
}
