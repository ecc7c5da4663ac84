import type { KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogReader } from '../ports/log-reader.ts';
import type { SealOutbox } from '../ports/seal-outbox.ts';
import { type SealStore, SealTaken, type StoredSeal } from '../ports/seal-store.ts';
import { deliverSeals } from './deliver.ts';
import { fingerprintOf, publicHalf, publicPem } from './keys.ts';
import { parseSeal } from './seal.ts';
import { type Sealing, sealLog } from './seal-log.ts';
import type { SealTarget } from './targets.ts';

export type SealerLog = {
  readonly [Level in 'info' | 'warn' | 'error']: (fields: object, words: string) => void;
};

/** When to seal; 0 turns a rule off. */
export type SealEvery = { readonly events: number; readonly minutes: number };

export type SealerSettings = {
  readonly every: SealEvery;
  readonly targets: readonly SealTarget[];
  /** Between two looks at the log, milliseconds. */
  readonly lookEveryMs?: number;
  /** Most that is waited between two attempts that fail, milliseconds. */
  readonly patienceMs?: number;
};

export type SealerPorts = {
  readonly seals: SealStore;
  readonly outbox: SealOutbox;
  readonly withSnapshot: <T>(
    act: (snapshot: { readonly log: LogReader }) => Promise<T>,
  ) => Promise<T>;
  /** Read or made when it is first needed; throws where it cannot be had. */
  readonly key: () => KeyObject;
  readonly now: () => Date;
  readonly log: SealerLog;
};

/** Events under one seal at most: no snapshot of the database is held for longer than these take to read. */
const sealMost = 100_000;
/** What is left to do when a server stops shall not keep it from stopping, milliseconds. */
const lastDeliveryMs = 2_000;

const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** 1, 2, 4 … seconds after so many failures in a row, milliseconds. */
const waitAfter = (failures: number, { patienceMs = 300_000 }: SealerSettings): number =>
  Math.min(patienceMs, 1_000 * 2 ** Math.min(failures - 1, 20));

const isDue = (
  last: StoredSeal | undefined,
  head: number,
  { events, minutes }: SealEvery,
  now: Date,
): boolean => {
  const seal = last && parseSeal(last.text);
  // A log that is shorter than its last seal is looked at, so that it is told.
  const waiting = head - (seal?.to ?? 0);
  if (waiting === 0) return false;
  if (waiting < 0 || (events > 0 && waiting >= events)) return true;
  if (minutes === 0) return false;
  // A clock that was set back must not keep seals from being made.
  const age = Math.abs(now.getTime() - (seal === undefined ? 0 : Date.parse(seal.sealed_at)));
  return age >= minutes * 60_000;
};

/** Seals what is due, in pieces; `all`: whatever is there. Undefined where nothing was. */
const sealNext = async (
  { seals, outbox, withSnapshot, key, now }: SealerPorts,
  every: SealEvery,
  all: boolean,
): Promise<Sealing | undefined> => {
  // Before the snapshot, so that it is under what the log shows.
  const last = await seals.last();
  const most = Math.min(every.events > 0 ? every.events : sealMost, sealMost);
  const sealing = await withSnapshot(async ({ log }) => {
    const head = await log.head();
    if (!(all ? head > 0 : isDue(last, head, every, now()))) return undefined;
    return sealLog(log, last, key(), now, undefined, most);
  });
  if (sealing?.kind !== 'sealed') return sealing;
  const publicKey = publicHalf(key());
  await outbox.keepKey(fingerprintOf(publicKey), publicPem(publicKey));
  await seals.add(sealing.seal);
  return sealing;
};

/** Says a thing again only when it has changed. */
const createTeller = (log: SealerLog) => {
  let told = '';
  return {
    fault: (level: 'warn' | 'error', fields: object, words: string): void => {
      if (told === words) return;
      told = words;
      log[level](fields, words);
    },
    fine: (): void => {
      told = '';
    },
  };
};

const createSealing = (ports: SealerPorts, settings: SealerSettings) => {
  const { log } = ports;
  const teller = createTeller(log);
  let failures = 0;
  let dueAt = 0;
  let keyOfLast: string | undefined;

  const noteKey = ({ text }: StoredSeal): void => {
    const key = parseSeal(text)?.key;
    if (keyOfLast !== undefined && keyOfLast !== key) {
      log.warn({ before: keyOfLast, key }, 'seals are signed with another key from here on');
    }
    keyOfLast = key;
  };
  const failed = (level: 'warn' | 'error', fields: object, words: string): void => {
    failures += 1;
    dueAt = performance.now() + waitAfter(failures, settings);
    teller.fault(level, fields, words);
  };

  /** Whether there may be more to seal at once. */
  const step = async (all: boolean): Promise<boolean> => {
    if (performance.now() < dueAt && !all) return false;
    try {
      const last = await ports.seals.last();
      if (last !== undefined) keyOfLast = parseSeal(last.text)?.key;
      const sealing = await sealNext(ports, settings.every, all);
      if (sealing?.kind === 'refused') {
        failed('error', { sequence: sealing.sequence }, `not sealed: ${sealing.message}`);
        return false;
      }
      failures = 0;
      teller.fine();
      if (sealing?.kind !== 'sealed') return false;
      noteKey(sealing.seal);
      const seal = parseSeal(sealing.seal.text);
      log.info({ number: seal?.number, from: seal?.from, to: seal?.to }, 'sealed');
      return true;
    } catch (error) {
      // Another process was quicker: what it left is looked at the next time.
      if (!(error instanceof SealTaken)) failed('warn', {}, `not sealed: ${wordsOf(error)}`);
      return false;
    }
  };
  return { step };
};

/** Keeps one place up to date; a place that is slow or gone holds up no other. */
const createCourier = (ports: SealerPorts, settings: SealerSettings, target: SealTarget) => {
  const teller = createTeller(ports.log);
  const { name } = target;
  let failures = 0;
  let dueAt = 0;
  let had = -1;
  let busy: Promise<void> | undefined;

  const failed = (level: 'warn' | 'error', words: string): void => {
    failures += 1;
    dueAt = performance.now() + waitAfter(failures, settings);
    teller.fault(level, { target: name }, words);
  };
  const deliver = async (signal: AbortSignal): Promise<void> => {
    try {
      const delivery = await deliverSeals(ports, target, signal);
      if (delivery.kind === 'differs') {
        failed('error', `it holds another seal ${delivery.number} than the ledger`);
        return;
      }
      if (delivery.kind === 'failed') {
        failed('warn', `seal ${delivery.number} was not delivered: ${delivery.why}`);
        return;
      }
      if (failures > 0) ports.log.info({ target: name, to: delivery.to }, 'seals arrive again');
      failures = 0;
      had = delivery.to;
      teller.fine();
    } catch (error) {
      if (!signal.aborted) failed('warn', `seals were not delivered: ${wordsOf(error)}`);
    }
  };

  return {
    /** Begins to deliver where there is something to deliver, and it is time. */
    look: (newest: number, signal: AbortSignal): void => {
      if (busy !== undefined || newest === had || performance.now() < dueAt) return;
      busy = deliver(signal).finally(() => {
        busy = undefined;
      });
    },
    /** A last attempt. */
    finish: async (newest: number, signal: AbortSignal): Promise<void> => {
      await busy;
      if (newest !== had) await deliver(signal);
    },
  };
};

/**
 * Follows the log until `signal` aborts: seals what came since the last seal when a rule says so, and brings every seal
 * to every place. It ends with a last seal. Whatever fails is told and tried again; it never throws.
 */
export const runSealer = async (
  ports: SealerPorts,
  settings: SealerSettings,
  signal: AbortSignal,
): Promise<void> => {
  const { step } = createSealing(ports, settings);
  const couriers = settings.targets.map((target) => createCourier(ports, settings, target));
  const newest = async (): Promise<number> => (await ports.seals.last())?.number ?? 0;
  const quietly = async (work: () => Promise<unknown>): Promise<void> => {
    await work().catch((error: unknown) => ports.log.warn({}, `sealing: ${wordsOf(error)}`));
  };
  const lookMs = settings.lookEveryMs ?? 1_000;
  let isFollowed = false;
  while (!signal.aborted) {
    const begun = performance.now();
    const more = await step(false);
    // A long log that was never sealed is worked off half of the time: what trades needs the other.
    const pauseMs = more ? Math.min(lookMs, performance.now() - begun) : lookMs;
    await quietly(async () => {
      if (!isFollowed) await ports.outbox.setAutomatic(settings.targets.map(({ name }) => name));
      isFollowed = true;
      if (couriers.length === 0) return;
      const number = await newest();
      for (const courier of couriers) courier.look(number, signal);
    });
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  await step(true);
  await quietly(async () => {
    const number = await newest();
    const last = AbortSignal.timeout(lastDeliveryMs);
    await Promise.all(couriers.map((courier) => courier.finish(number, last)));
  });
};
