/** A part of `ledger verify`: a thread of its own, with a session of its own that looks at the same moment. */
import { parentPort, workerData } from 'node:worker_threads';
import { createLocalPart } from '#audit/verify/local-part.ts';
import { servePart, type VerifierOrder } from '#audit/verify/thread-part.ts';
import { openLedgerSnapshot } from '#database/postgres/audit/ledger-snapshot.ts';

const port = parentPort;
if (port === null) throw new Error('The verifier is a thread of ledger verify.');
const { connectionString, momentName, order } = workerData as VerifierOrder;

await openLedgerSnapshot({ connectionString, momentName }, (snapshot) =>
  servePart(port, createLocalPart(snapshot, order)),
);
port.close();
