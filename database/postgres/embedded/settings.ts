import { totalmem } from 'node:os';

/** PostgreSQL settings by name, as `-c name=value` takes them. */
export type Settings = Readonly<Record<string, string>>;

/** About three minutes of 200 orders a second, and a second's work at the first start. */
export const WAL_AHEAD_MEGABYTES = 256;

/** Durable first (an answer is given only after fsync), then as fast as one machine allows. */
export function ledgerSettings(memoryBytes: number = totalmem()): Settings {
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    // This build has only pglz: making a database took 85 to 100 ms with it and 18 to 30 ms without.
    wal_compression: 'off',
    // As much of the log as is written between two checkpoints is kept and used again.
    max_wal_size: '4GB',
    min_wal_size: `${2 * WAL_AHEAD_MEGABYTES}MB`,
    checkpoint_timeout: '5min',
    shared_buffers: `${sharedBuffersMegabytes(memoryBytes)}MB`,
    // Compiling a plan costs more than our short queries take.
    jit: 'off',
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    log_min_messages: 'warning',
  };
}

/** An eighth of the memory, from 128 MB on small machines to 512 MB: more gave nothing in our runs. */
export function sharedBuffersMegabytes(memoryBytes: number): number {
  const eighth = Math.floor(memoryBytes / 8 / 1024 / 1024);
  return Math.min(512, Math.max(128, eighth));
}

/** The settings as arguments for the server program. */
export function asArguments(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
