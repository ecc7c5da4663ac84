/** What one outside case says about us. */
export type CaseReport = {
  readonly name: string;
  /** Expected values that were met. */
  readonly passed: number;
  /** Expected values that were not, and whatever we did not understand. */
  readonly differences: readonly string[];
  /** Expected values under a rule that this ledger does not follow: `rule: where`. The reasons are in not-followed.ts. */
  readonly notFollowed: readonly string[];
  /** Why the case could not be run at all; null if it was. */
  readonly skipped: string | null;
};

/** Collects the checks of one case. */
export type Checks = {
  readonly pass: () => void;
  readonly differ: (text: string) => void;
  readonly setAside: (text: string) => void;
  readonly check: (met: boolean, text: () => string) => void;
  readonly report: () => CaseReport;
};

export const startChecks = (name: string): Checks => {
  let passed = 0;
  const differences: string[] = [];
  const notFollowed: string[] = [];
  const pass = (): void => {
    passed += 1;
  };
  return {
    pass,
    differ: (text) => void differences.push(text),
    setAside: (text) => void notFollowed.push(text),
    check: (met, text) => {
      if (met) pass();
      else differences.push(text());
    },
    report: () => ({ name, passed, differences, notFollowed, skipped: null }),
  };
};

export const skippedCase = (name: string, reason: string): CaseReport => ({
  name,
  passed: 0,
  differences: [],
  notFollowed: [],
  skipped: reason,
});
