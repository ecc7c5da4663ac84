import { mkdirSync } from 'node:fs';
import { type FileHandle, open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReportSink } from '#commands/ports/broker.ts';
import type { AccountId, ExecutionId, OrderId } from '#domain/ids.ts';
import type { Instant } from '#domain/time.ts';
import type { AddressedReport } from './book.ts';
import {
  beginningFile,
  beginningOf,
  daysIn,
  fileOf,
  linesOf,
  wholeBytes,
} from './journal-files.ts';
import { fillsIn, type MadeFill, madeLine, toldLine } from './journal-lines.ts';
import { brokerOrderIdOf } from './paper-order.ts';

/**
 * The paper broker's own record of what it executed: a file a day below its folder, each execution written and on
 * disk before it is reported, and noted once the ledger has taken the report.
 *
 * A crash between the two leaves an execution that nobody may know of. `settle` reports it again before the broker
 * works on, under its id and as it was: the ledger takes it as new, or knows it and changes nothing.
 */
export type PaperJournal = {
  /** Resolves when the executions among the reports are on disk. */
  readonly made: (reports: readonly AddressedReport[]) => Promise<void>;
  /** The ledger has taken these. */
  readonly told: (executionIds: readonly ExecutionId[]) => void;
  /** Reports what was made and not noted as told, the acceptance first where the ledger has not got it. */
  readonly settle: (
    report: ReportSink,
    awaitsAcceptance: (accountId: AccountId, orderId: OrderId) => Promise<boolean>,
  ) => Promise<number>;
  readonly close: () => Promise<void>;
};

/** The market waits for its reports, so what a crash left open is of the last day or of the one before. */
const daysUnsettled = 2;

/** What was made on the last days and is not noted as told, oldest first. */
export const untold = async (directory: string): Promise<readonly MadeFill[]> => {
  const open = new Map<ExecutionId, MadeFill>();
  for (const day of (await daysIn(directory)).slice(-daysUnsettled)) {
    for await (const line of linesOf(directory, day)) {
      if (line.kind === 'made') open.set(line.made.fill.executionId, line.made);
      else for (const id of line.executionIds) open.delete(id);
    }
  }
  return [...open.values()];
};

type Writing = {
  /** Goes on at the end of the day's file, without the end that a crash cut off. */
  readonly to: (file: string) => Promise<FileHandle>;
  readonly close: () => Promise<void>;
};

const createWriting = (): Writing => {
  let current: { readonly file: string; readonly handle: FileHandle } | undefined;
  return {
    to: async (file) => {
      if (current?.file === file) return current.handle;
      await current?.handle.close();
      current = undefined;
      const handle = await open(file, 'a', 0o600);
      const { size } = await handle.stat();
      const whole = await wholeBytes(file, size);
      if (whole < size) await truncate(file, whole);
      current = { file, handle };
      return handle;
    },
    close: async () => {
      await current?.handle.close();
      current = undefined;
    },
  };
};

/** Notes when the record begins, once. */
const begin = async (directory: string, now: Instant): Promise<void> => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if ((await beginningOf(directory)) !== undefined) return;
  const handle = await open(join(directory, beginningFile), 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ begins: now })}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

type Waiting = { readonly fills: readonly MadeFill[]; readonly done: () => void };

/** Opens the record in a folder, or begins one. `onFailure`: it could not be written, so the broker must not go on. */
export const openPaperJournal = async ({
  directory,
  now,
  onFailure,
}: {
  readonly directory: string;
  readonly now: Instant;
  readonly onFailure: (error: unknown) => void;
}): Promise<PaperJournal> => {
  await begin(directory, now);
  const writing = createWriting();
  let waiting: Waiting[] = [];
  let told: ExecutionId[] = [];
  let lastAt = now;
  let isWriting = false;
  let written: Promise<void> = Promise.resolve();

  const writeOnce = async (): Promise<void> => {
    const [batch, noted] = [waiting, told];
    [waiting, told] = [[], []];
    const days = Map.groupBy(
      batch.flatMap(({ fills }) => fills),
      ({ fill }) => fileOf(directory, fill.at),
    );
    for (const [file, fills] of days) {
      const handle = await writing.to(file);
      await handle.appendFile(fills.map(madeLine).join(''));
      await handle.datasync();
      lastAt = fills.at(-1)?.fill.at ?? lastAt;
    }
    // Where this is lost, the executions are told again, and known.
    if (noted.length > 0) {
      await (await writing.to(fileOf(directory, lastAt))).appendFile(toldLine(noted));
    }
    for (const { done } of batch) done();
  };

  const writeAll = async (): Promise<void> => {
    isWriting = true;
    try {
      while (waiting.length > 0 || told.length > 0) await writeOnce();
    } catch (error) {
      // Nobody is told that it is done: what is not on record is not reported.
      onFailure(error);
    } finally {
      isWriting = false; // At once: what comes in the next turn has to begin a write of its own.
    }
  };
  /** One write at a time; what comes meanwhile is written together by the next. */
  const write = (): Promise<void> => {
    if (!isWriting) written = writeAll();
    return written;
  };

  return {
    made: (reports) => {
      const fills = fillsIn(reports);
      if (fills.length === 0) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ fills, done: resolve });
      void write();
      return promise;
    },
    told: (executionIds) => {
      told.push(...executionIds);
      void write();
    },
    settle: async (report, awaitsAcceptance) => {
      const open = await untold(directory);
      for (const { accountId, fill } of open) {
        const { orderId, at } = fill;
        if (orderId !== null && (await awaitsAcceptance(accountId, orderId))) {
          const brokerOrderId = brokerOrderIdOf(orderId);
          await report(accountId, { type: 'AcceptOrder', orderId, brokerOrderId, at });
        }
        await report(accountId, fill);
        told.push(fill.executionId);
      }
      await write();
      return open.length;
    },
    close: async () => {
      await write();
      await writing.close();
    },
  };
};
