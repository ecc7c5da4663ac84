import type { ParseArgsConfig } from 'node:util';

/** 0: fine. 1: it ran and has findings. 2: it could not run. */
export type ExitCode = 0 | 1 | 2;

export type Asked = {
  readonly values: Readonly<
    Record<string, string | boolean | readonly (string | boolean)[] | undefined>
  >;
  readonly positionals: readonly string[];
};

/** Where a command speaks: results on one stream, everything else on the other. */
export type Speech = {
  readonly out: (line: string) => void;
  readonly tell: (line: string) => void;
  /** Shows a line beside `tell` that the next one replaces, null takes it away; nothing where nobody watches. */
  readonly draw: (line: string | null) => void;
  /** Whether somebody watches `tell`, so that progress may be drawn. */
  readonly isWatched: boolean;
};

/** A command of `ledger`. `run` may throw UsageError; any other error is told and ends with 2. */
export type Command = {
  readonly name: string;
  /** One line for the list. */
  readonly summary: string;
  /** What follows the name, such as `ORDER_ID [--json]`. */
  readonly usage: string;
  /** What it does, its options, examples. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  readonly run: (asked: Asked, speech: Speech, signal: AbortSignal) => Promise<ExitCode>;
};
