import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type Received = { readonly headers: IncomingHttpHeaders; readonly body: string };

/** Somebody else's server that keeps seals: one seal of each number, another of that number is a conflict. */
export const sealReceiver = async () => {
  const posts: Received[] = [];
  const lines = new Map<number, string>();
  /** What is answered instead: a status, or nothing at all. */
  let instead: number | 'silence' | null = null;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (request.method === 'GET') {
      response.end([...lines.values()].map((line) => `${line}\n`).join(''));
      return;
    }
    posts.push({ headers: request.headers, body });
    if (instead === 'silence') return;
    if (instead !== null) {
      response.writeHead(instead, { location: '/elsewhere' }).end();
      return;
    }
    const { number } = JSON.parse(body) as { number: number };
    const known = lines.get(number);
    lines.set(number, known ?? body);
    response.writeHead(known !== undefined && known !== body ? 409 : 201).end('thank you');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/seals`,
    host: `127.0.0.1:${port}`,
    posts,
    lines,
    numbers: () => [...lines.keys()],
    answer: (status: number | 'silence' | null) => {
      instead = status;
    },
    end: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

export type SealReceiver = Awaited<ReturnType<typeof sealReceiver>>;
