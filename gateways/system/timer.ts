/** Runs something once after real milliseconds; the answer calls it off. */
export const systemTimer = (milliseconds: number, run: () => void): (() => void) => {
  const timeout = setTimeout(run, milliseconds);
  return () => clearTimeout(timeout);
};
