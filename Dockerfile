# The API and its projections; the database is another container (docker-compose.yml).
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image brings Node 24: neither npm's copy of it nor the embedded PostgreSQL is needed, so no install script runs.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY . .
RUN mkdir data && chown node:node data
USER node
EXPOSE 3000
# exec form: Docker's SIGTERM reaches Node itself.
CMD ["node", "main.ts"]
