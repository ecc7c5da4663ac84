import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { HttpProblem, type ProblemCode, problemDocument } from './problem.ts';

export type ListenOptions = {
  /** Default: 127.0.0.1, so that nobody but this machine can reach it. */
  readonly host?: string;
  /** Default: any free port. */
  readonly port?: number;
};

export type Listening = {
  readonly server: Server;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Accepts nothing new, lets requests under way finish for at most `graceMs`, then cuts them off. */
  readonly close: (graceMs?: number) => Promise<void>;
};

const second = 1000;
const limits = {
  maxHeaderSize: 16_384,
  headersTimeout: 10 * second,
  /** For a whole request to arrive. */
  requestTimeout: 30 * second,
  keepAliveTimeout: 75 * second,
  connectionsCheckingInterval: 5 * second,
} as const;
const defaultGraceMs = 10 * second;

const ofParser: ReadonlyMap<unknown, ProblemCode> = new Map<unknown, ProblemCode>([
  ['HPE_HEADER_OVERFLOW', 'headers_too_large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request_timeout'],
]);

/** What never became a request is answered on the bare connection. */
const refuseConnection = (error: Error & { readonly code?: unknown }, socket: Duplex): void => {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const problem = new HttpProblem(ofParser.get(error.code) ?? 'invalid_request');
  const { status } = problem.kind;
  const text = JSON.stringify(problemDocument(problem, ''));
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
    '',
    text,
  ];
  socket.end(lines.join('\r\n'));
};

/** Serves `listener`; `onClosing` is told before the last requests are let finish. */
export const listen = async (
  listener: RequestListener,
  { host = '127.0.0.1', port = 0 }: ListenOptions,
  onClosing: () => void,
): Promise<Listening> => {
  const server = createServer(limits, listener);
  server.on('clientError', refuseConnection);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = (server.address() as AddressInfo).port; // It listens on TCP, so it has a port.
  const name = host.includes(':') ? `[${host}]` : host;
  let closed: Promise<void> | undefined;
  const close = (graceMs: number): Promise<void> => {
    onClosing();
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    return new Promise((resolve) => {
      server.close(() => {
        clearTimeout(cut);
        resolve();
      });
      server.closeIdleConnections();
    });
  };
  return {
    server,
    host,
    port: bound,
    url: `http://${name}:${bound}`,
    close: (graceMs = defaultGraceMs) => {
      closed ??= close(graceMs);
      return closed;
    },
  };
};
