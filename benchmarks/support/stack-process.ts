/** The stack in a process of its own: tells its parent where it is, and ends when told to. */
import { openAccounts } from './accounts.ts';
import { startStack } from './stack.ts';

const stack = await startStack('00000000-0000-7000-8000-000000000001' as never);
const accounts = await openAccounts(stack.ledger, 1_000, 'paper');
process.send?.({ url: stack.url, accounts });
process.once('message', async () => {
  await stack.stop();
  process.exit(0);
});
process.once('disconnect', () => void stack.stop().finally(() => process.exit(0)));
