import type { StreamName } from '#domain/ids.ts';

/** A cached fold of a stream. Losing every one of them changes nothing but time. */
export type Snapshot = {
  readonly stream: StreamName;
  readonly revision: number;
  /** Version of the state's shape; another version is as good as none. */
  readonly version: number;
  /** JSON text. */
  readonly state: string;
};

export type SnapshotStore = {
  readonly load: (stream: StreamName) => Promise<Snapshot | undefined>;
  /** Keeps the newest revision per stream. */
  readonly save: (snapshot: Snapshot) => Promise<void>;
};
