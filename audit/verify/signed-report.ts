import { type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { fingerprintOf, publicHalf, publicKeyOf, publicPem } from '../seals/keys.ts';
import type { VerifyReport } from './verify-report.ts';

const format = 'order-ledger-verify-report/1';

/** What is signed: the report, by which program, and when. */
export type ReportStatement = {
  readonly format: typeof format;
  readonly program: string;
  readonly verifiedAt: string;
  readonly report: VerifyReport;
};

const file = z.strictObject({
  format: z.literal(format),
  signed: z.string(),
  signature: z.string(),
  publicKey: z.string(),
});

const statement = z.looseObject({
  format: z.literal(format),
  program: z.string(),
  verifiedAt: z.iso.datetime(),
  report: z.looseObject({ version: z.literal(2), head: z.int().nonnegative() }),
});

/** The file of a report: `signed` is exactly the text that the Ed25519 signature (base64url) is over. */
export const signReport = (
  report: VerifyReport,
  about: { readonly program: string; readonly verifiedAt: string },
  privateKey: KeyObject,
): string => {
  const said: ReportStatement = { format, ...about, report };
  const signed = JSON.stringify(said);
  const signature = sign(null, Buffer.from(signed), privateKey).toString('base64url');
  const publicKey = publicPem(publicHalf(privateKey));
  return `${JSON.stringify({ format, signed, signature, publicKey }, null, 2)}\n`;
};

export type ReportVerdict =
  | {
      readonly valid: true;
      readonly statement: ReportStatement;
      /** Fingerprint of the key that signed it. */
      readonly key: string;
    }
  | { readonly valid: false; readonly why: string };

const notValid = (why: string): ReportVerdict => ({ valid: false, why });

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Whether a report's file is as it was signed, by `trusted` where that is given. Needs nothing but the file. */
export const checkReport = (text: string, trusted?: KeyObject): ReportVerdict => {
  const { data } = file.safeParse(jsonOf(text));
  if (data === undefined) return notValid('it is no report of ledger verify');
  const { signed, signature } = data;
  let key: KeyObject;
  try {
    key = trusted ?? publicKeyOf(data.publicKey, 'the report');
  } catch (error) {
    return notValid(error instanceof Error ? error.message : 'it holds no key');
  }
  const bytes = Buffer.from(signature, 'base64url');
  const isOneSpelling = bytes.toString('base64url') === signature;
  if (!isOneSpelling || !verify(null, Buffer.from(signed), key, bytes)) {
    return notValid('its text is not what was signed with this key');
  }
  const said = statement.safeParse(jsonOf(signed));
  if (!said.success) return notValid('what was signed is no report of ledger verify');
  return {
    valid: true,
    statement: said.data as unknown as ReportStatement,
    key: fingerprintOf(key),
  };
};
