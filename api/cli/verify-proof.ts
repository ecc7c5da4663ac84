import { readFileSync } from 'node:fs';
import { publicKeyOf } from '#audit/seals/keys.ts';
import { type ProofVerdict, verifyProof } from '#audit/seals/proof.ts';
import type { Command } from './command.ts';
import { oneArgument, textsOf } from './with-seals.ts';

const help = `Checks a proof that \`ledger prove\` wrote. Needs no database and no connection.

  --key FILE    the public key (PEM), as you got it by a way you trust. Without it the key in the proof is used, which
                shows only that the proof is whole: compare its fingerprint yourself.
  --json        one object

  ledger verify-proof fill.proof.json --key ledger-public-key.pem

Exit codes: 0 valid, 1 not valid, 2 could not run.`;

const read = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${file} is no JSON.`);
    throw error;
  }
};

const wordsOf = (verdict: ProofVerdict, isTrusted: boolean): readonly string[] => {
  if (!verdict.valid) return [`NOT VALID: ${verdict.why}.`];
  const { event, seal } = verdict;
  return [
    `VALID: event ${event.sequence} (${event.stream}, revision ${event.revision}) is under seal ${seal.number},`,
    `which covers events ${seal.from} to ${seal.to}, says ${seal.sealed_at}, key ${seal.key}.`,
    ...(isTrusted ? [] : ['The key came with the proof: it says who signed only if you know it.']),
    event.body,
  ];
};

/** `ledger verify-proof`. */
export const verifyProofCommand = (): Command => ({
  name: 'verify-proof',
  summary: 'Checks a proof offline.',
  usage: 'FILE [--key PEM_FILE] [--json]',
  help,
  options: { key: { type: 'string' }, json: { type: 'boolean' } },
  run: async (asked, speech) => {
    const file = oneArgument(asked, 'proof file');
    const [keyFile] = textsOf(asked, 'key');
    const key =
      keyFile === undefined ? undefined : publicKeyOf(readFileSync(keyFile, 'utf8'), keyFile);
    const verdict = verifyProof(read(file), key);
    const isTrusted = key !== undefined;
    if (asked.values['json'] === true) speech.out(JSON.stringify({ ...verdict, isTrusted }));
    else for (const line of wordsOf(verdict, isTrusted)) speech.out(line);
    return verdict.valid ? 0 : 1;
  },
});
