# syntax=docker/dockerfile:1
FROM node:24.21.0-bookworm AS build
WORKDIR /build
ENV npm_config_update_notifier=false npm_config_fund=false
COPY package.json package-lock.json ./
# sqlite3 is compiled here, against this image's glibc, and not downloaded ready-made.
RUN npm ci --build-from-source=sqlite3
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY db db
RUN npm run build && npm prune --omit=dev

FROM node:24.21.0-bookworm-slim
# tini forwards signals to node and reaps what it leaves behind.
RUN apt-get update \
  && apt-get install --no-install-recommends --yes tini=0.19.0-1+b3 \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --system --gid 10001 smanager \
  && useradd --system --uid 10001 --gid smanager --home-dir /app --shell /usr/sbin/nologin smanager \
  && install --directory --owner=smanager --group=smanager --mode=0750 /data
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY smanager-config.schema.json LICENSE ./
COPY --chmod=0755 docker-entrypoint.sh /usr/local/bin/
# Its first line has the options of the engine. Also for `docker exec crust-smanager smanager status`.
RUN ln -s /app/dist/src/main.js /usr/local/bin/smanager
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=20s --start-period=120s --retries=3 CMD ["smanager", "status", "--alive"]
ENTRYPOINT ["tini", "--", "docker-entrypoint.sh"]
CMD ["smanager", "run"]
