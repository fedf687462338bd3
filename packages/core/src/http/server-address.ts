const HOST = /^(\[[\da-f:.%]{2,60}\]|[\w.-]{1,255})(?::(\d{1,5}))?$/i;
const MAX_HOSTS = 64;

/** A server, as a host says it: the name or address without brackets, and the port if there is one. */
export type Server = { readonly address: string; readonly port: number | undefined };

// A service has few names; a stranger may invent any number of them.
const servers = new Map<string, Server>();
// Looking up a text that was just read off the wire takes longer than to compare it.
let lastHost: string | undefined;
let lastServer: Server | undefined;

/** Reads a host, such as that of a header; `undefined` if it is none. */
export function serverOf(host: string): Server | undefined {
  if (host === lastHost) return lastServer;
  lastHost = host;
  lastServer = servers.get(host) ?? parsedServer(host);
  return lastServer;
}

function parsedServer(host: string): Server | undefined {
  const parts = host.length > 300 ? null : HOST.exec(host);
  if (parts === null) return undefined;
  const address = withoutBrackets(parts[1] as string);
  const server = { address, port: parts[2] === undefined ? undefined : Number(parts[2]) };
  if (servers.size >= MAX_HOSTS) servers.clear();
  servers.set(host, server);
  return server;
}

/** The port of a URL that says none (RFC 9110, 4.2). */
export function defaultPort(scheme: string): number {
  return scheme === 'https' ? 443 : 80;
}

/** An address as it is outside of URLs: those of IPv6 have brackets there. */
export function withoutBrackets(host: string): string {
  return host.charCodeAt(0) === 91 ? host.slice(1, -1) : host;
}
