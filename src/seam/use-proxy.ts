import http from 'node:http'

export interface ProxySettings {
  httpsProxy: string | null
  httpProxy: string | null
  /** Comma-separated hosts that are asked directly. */
  noProxy: string | null
}

/**
 * Sends every request that this process makes through the proxy from now on; only Seam is asked anything. Node does it, with its
 * rules: a tunnel (`CONNECT`), also for `http://`, and `HTTP_PROXY` alone serves both. Returns how it is undone.
 */
export function useProxy({ httpsProxy, httpProxy, noProxy }: ProxySettings): () => void {
  if (httpsProxy === null && httpProxy === null) return () => {}
  if (!('setGlobalProxyFromEnv' in http))
    throw new Error(`A proxy needs Node 24.14 or newer; this is ${process.version}.`)
  return http.setGlobalProxyFromEnv({
    ...(httpsProxy !== null && { HTTPS_PROXY: httpsProxy }),
    ...(httpProxy !== null && { HTTP_PROXY: httpProxy }),
    NO_PROXY: noProxy ?? '',
  })
}
