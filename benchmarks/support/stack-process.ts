/** The stack in a process of its own: tells its parent where it is, and ends when told to. */
import { openAccounts } from './accounts.ts';
import type { ToldOfStack } from './fork-stack.ts';
import { startStack } from './stack.ts';

const stack = await startStack();
const accounts = await openAccounts(stack.ledger, 1_000, 'paper');
const { url, openUrl, key, accessToken } = stack;
const told: ToldOfStack = { url, openUrl, key, accessToken, accounts };
process.send?.(told);
process.once('message', async () => {
  await stack.stop();
  process.exit(0);
});
process.once('disconnect', () => void stack.stop().finally(() => process.exit(0)));
