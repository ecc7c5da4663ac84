import type { AccountState } from '#domain/account/state.ts';
import type { AccountId, Actor, EventId } from '#domain/ids.ts';
import type { RecordedEvent } from '#domain/recorded-event.ts';
import type { Refusal } from '#domain/refusals.ts';
import type { AccountCommand } from './commands.ts';

/** Who commands what, and under which id it may be repeated. */
export type CommandMeta = {
  readonly accountId: AccountId;
  readonly actor: Actor;
  /**
   * The caller's idempotency key, unique per account for ever; null = not repeatable. The same key with
   * the same content gets the first result again, with other content it is refused as `idempotency_conflict`.
   * A Fill needs none: its execution id is its key.
   */
  readonly key: string | null;
  /**
   * The revision of the account that the caller has looked at: where somebody has written since, nothing is done and
   * AccountMoved is thrown. A command that is known already is answered all the same.
   */
  readonly expectedRevision?: number;
  readonly correlationId?: EventId;
  readonly causationId?: EventId;
};

/** The answer to a command. It is given only when what it says is durable. */
export type Handled =
  | {
      readonly kind: 'done';
      /** What the command recorded; empty where there was nothing new to say. */
      readonly events: readonly RecordedEvent[];
      /** The last sequence it wrote; null if it wrote nothing. */
      readonly sequence: number | null;
      /** The first result again: this command was known already. */
      readonly repeated: boolean;
    }
  | {
      readonly kind: 'refused';
      readonly refusal: Refusal;
      /** Where the refusal was kept (OrderRefused); null if it was not. */
      readonly sequence: number | null;
      readonly repeated: boolean;
    };

/** The command side of the ledger. Rejects where the store does; its outcome may then be unknown: repeat under the same key. */
export type Ledger = {
  readonly handle: (meta: CommandMeta, command: AccountCommand) => Promise<Handled>;
  /** Looks at an account's present state; `look` must not keep or change it. An unknown account is `unopened`. */
  readonly inspect: <Seen>(
    accountId: AccountId,
    look: (state: AccountState, revision: number) => Seen,
  ) => Promise<Seen>;
};
