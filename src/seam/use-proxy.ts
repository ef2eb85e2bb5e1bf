import http from 'node:http'

export interface ProxySettings {
  httpsProxy: string | null
  httpProxy: string | null
  /** Hosts that are asked directly, comma-separated. */
  noProxy: string | null
}

/**
 * Sends every further HTTP request of this process through the proxy; the process makes requests to Seam only. Node's own rules apply: it
 * uses a tunnel (`CONNECT`) also for `http://`, and `HTTP_PROXY` alone serves both schemes. Returns the function that undoes this.
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
