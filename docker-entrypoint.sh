#!/bin/sh
# Started as root only to hand /data over to the bot's user, as volumes of the old bot belong to root; the bot itself never runs as root.
set -eu
if [ "$(id -u)" = 0 ]; then
  # -h: a link in the volume is handed over itself, never what it points to.
  find /data ! -user smanager -exec chown -h smanager:smanager {} +
  exec setpriv --reuid=smanager --regid=smanager --init-groups --inh-caps=-all --no-new-privs -- "$@"
fi
exec "$@"
