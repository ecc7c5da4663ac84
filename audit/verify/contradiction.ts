/** What an event did that nothing before it allows. */
export type Contradiction = {
  readonly expected: string;
  readonly actual: string;
  readonly message: string;
};
