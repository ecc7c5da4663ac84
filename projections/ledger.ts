import type { AccountEvent } from '#domain/account/events.ts';
import { type Cash, zeroCash } from '#domain/money.ts';
import { isReconciliationEvent, type RecordedEvent } from '#domain/recorded-event.ts';
import { unreachable } from '#domain/unreachable.ts';
import { accountRow, projectAccount } from './accounts/project.ts';
import { projectReconciliation } from './breaks/project.ts';
import { projectMark } from './marks/project.ts';
import { projectFill } from './order-fills/project.ts';
import { projectOrder } from './orders/project.ts';
import { projectSessionClose } from './portfolio-snapshots/project.ts';
import { projectSplit, projectTrade } from './positions/project.ts';
import { projectPostings } from './postings/project.ts';
import type { Tables } from './tables.ts';
import { projectTransactions } from './transactions/project.ts';

/** The projection set: all read tables share one checkpoint, so that they always show the same moment. */
export const ledgerSet = { name: 'ledger', version: 3 } as const;

type Moved = { readonly reserved: Cash; readonly realized: Cash };
const nothing: Moved = { reserved: zeroCash, realized: zeroCash };

const projectHoldings = (event: RecordedEvent<AccountEvent>, tables: Tables): Moved => {
  const { data } = event;
  switch (data.type) {
    case 'OrderFilled':
    case 'FillBusted':
    case 'FillCorrected': {
      projectFill({ ...event, data }, tables);
      const reserved = projectOrder({ ...event, data }, tables);
      return { reserved, realized: projectTrade({ ...event, data }, tables) };
    }
    case 'FillDisputed':
      projectFill({ ...event, data }, tables);
      return nothing;
    case 'StockSplit':
      return { reserved: zeroCash, realized: projectSplit({ ...event, data }, tables) };
    case 'OrderSubmitted':
    case 'OrderRefused':
    case 'OrderAccepted':
    case 'OrderRejected':
    case 'OrderTriggered':
    case 'StopTrailed':
    case 'OrderReplaceRequested':
    case 'OrderReplaced':
    case 'OrderReplaceRejected':
    case 'OrderCancelRequested':
    case 'OrderCanceled':
    case 'OrderCancelRejected':
    case 'OrderExpired':
    case 'OrderAdjusted':
    case 'ReportDisputed':
      return { reserved: projectOrder({ ...event, data }, tables), realized: zeroCash };
    case 'AccountOpened':
    case 'AccountSuspended':
    case 'AccountReinstated':
    case 'AccountClosed':
    case 'CashDeposited':
    case 'CashWithdrawn':
    case 'FeeCharged':
    case 'InterestPaid':
    case 'CashAdjusted':
    case 'DividendPaid':
      return nothing;
    default:
      return unreachable(data);
  }
};

const projectAccountEvent = (event: RecordedEvent<AccountEvent>, tables: Tables): void => {
  const moved = projectHoldings(event, tables);
  const postings = projectPostings(event, tables);
  const balance = event.data.type === 'AccountOpened' ? zeroCash : accountRow(event, tables).cash;
  const cash = projectTransactions(event, tables, balance);
  projectAccount(event, tables, { ...moved, cash, postings });
};

/** Folds one event into the read tables. Throws where it cannot be applied: the set stops there. */
export const project = (event: RecordedEvent, tables: Tables): void => {
  const { data } = event;
  switch (data.type) {
    case 'PriceMarked':
      projectMark({ ...event, data }, tables);
      return;
    case 'SessionClosed':
      projectSessionClose({ ...event, data }, tables);
      return;
    default:
      if (isReconciliationEvent(data)) projectReconciliation({ ...event, data }, tables);
      else projectAccountEvent({ ...event, data }, tables);
  }
};
