import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Picks a loopback port: the asked one (it must be free), else the remembered one, else any; remembers it. */
export async function choosePort(asked: number | undefined, file: string): Promise<number> {
  if (asked !== undefined) {
    if ((await probe(asked)) === undefined) throw new Error(`Port ${asked} on 127.0.0.1 is taken.`);
    return asked;
  }
  const remembered = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  const port = (isPort(remembered) ? await probe(remembered) : undefined) ?? (await probe(0));
  if (port === undefined) throw new Error('There is no free port on 127.0.0.1.');
  writeFileSync(file, `${port}\n`);
  return port;
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value < 65_536;
}

function probe(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const bound = address !== null && typeof address === 'object' ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}
