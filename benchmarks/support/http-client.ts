import { Agent, request } from 'node:http';

export type Answer = { readonly status: number; readonly sequence: number; readonly body: string };

/** A client that keeps at most `connections` connections open, and sends a credential with each request. */
export const createClient = (url: string, connections: number, credential: string) => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);
  const post = (path: string, body: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = {
        Authorization: `Bearer ${credential}`,
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
      };
      const sent = request({ agent, hostname, port, path, method: 'POST', headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const sequence = Number(response.headers['ledger-sequence']);
          const text = Buffer.concat(parts).toString();
          resolve({ status: response.statusCode ?? 0, sequence, body: text });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  return { post, close: () => agent.destroy() };
};
