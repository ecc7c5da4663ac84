import { ledgerSet } from '#projections/ledger.ts';

/** Goes up where what a segment keeps comes out otherwise though the read tables do not: with truth.ts or facts.ts. */
const factsVersion = 1;

/**
 * Of the fold that made a segment: other ones are not asked, and forgotten when new ones are made. Whoever changes what a
 * fold makes of the same log raises the version of the projections or of the facts; a test tells.
 */
export const segmentsVersion = ledgerSet.version * 1_000 + factsVersion;
