import type { Route } from './route.ts';
import { accountRoutes } from './routes/accounts.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { authRoutes } from './routes/auth.ts';
import { bookingRoutes } from './routes/bookings.ts';
import { explainRoutes } from './routes/explain.ts';
import { fillRoutes } from './routes/fills.ts';
import { marketDataRoutes } from './routes/market-data.ts';
import { memberRoutes } from './routes/members.ts';
import { opsRoutes } from './routes/ops.ts';
import { orderRoutes } from './routes/orders.ts';
import { ownAccountRoutes } from './routes/own-accounts.ts';
import { portfolioRoutes } from './routes/portfolio.ts';
import { positionRoutes } from './routes/positions.ts';
import { reconciliationRoutes } from './routes/reconciliation.ts';
import { riskRoutes } from './routes/risk.ts';
import { securityLogRoutes } from './routes/security-log.ts';
import { transactionRoutes } from './routes/transactions.ts';
import { userRoutes } from './routes/users.ts';

/** Every route, the busiest first: they are tried in this order. */
export const routes: readonly Route[] = [
  ...orderRoutes,
  ...positionRoutes,
  ...portfolioRoutes,
  ...riskRoutes,
  ...transactionRoutes,
  ...fillRoutes,
  ...bookingRoutes,
  ...reconciliationRoutes,
  ...ownAccountRoutes,
  ...accountRoutes,
  ...marketDataRoutes,
  ...authRoutes,
  ...apiKeyRoutes,
  ...memberRoutes,
  ...userRoutes,
  ...securityLogRoutes,
  ...explainRoutes,
  ...opsRoutes,
];
