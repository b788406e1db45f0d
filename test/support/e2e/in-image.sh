#!/bin/sh
# in-image.sh <empty folder> <repository> <node> <config folder> <data folder> <ro|rw> <command…>
# Runs a command, as root still, in a file system laid out as the image's and made of this machine's own, that nobody else sees: it goes with the command.
# Called inside `unshare --mount`. Every step replaces this process, so that signals reach the command.
set -eu
root=$1 repository=$2 node=$3 config=$4 data=$5 mode=$6
shift 6

show() { # <what> <where>: there to be read only
  if [ -d "$1" ]; then mkdir -p "$root$2"; else touch "$root$2"; fi
  mount --bind "$1" "$root$2"
  mount -o remount,ro,bind "$root$2"
}

mount -t tmpfs -o mode=0755 image "$root"
for folder in bin sbin lib lib64; do
  if [ -L "/$folder" ]; then cp -P "/$folder" "$root/$folder"; elif [ -d "/$folder" ]; then show "/$folder" "/$folder"; fi
done
show /usr /usr
mkdir "$root/app" "$root/data" "$root/dev" "$root/etc" "$root/opt" "$root/opt/bin" "$root/proc" "$root/tmp" "$root/var" "$root/var/tmp"
chmod 1777 "$root/tmp" "$root/var/tmp"
cp /etc/passwd /etc/group /etc/ld.so.cache "$root/etc/"
echo 'smanager:x:10001:10001::/app:/usr/sbin/nologin' >>"$root/etc/passwd"
echo 'smanager:x:10001:' >>"$root/etc/group"
for device in null zero urandom; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount --rbind /proc "$root/proc"

show "$repository/node_modules" /app/node_modules
show "$repository/dist" /app/dist
cp "$repository/package.json" "$repository/smanager-config.schema.json" "$root/app/"
show "$node" /opt/bin/node
cp "$repository/docker-entrypoint.sh" "$root/opt/bin/"
ln -s /app/dist/src/main.js "$root/opt/bin/smanager"
chmod 0755 "$root/opt/bin/docker-entrypoint.sh"
show "$config" /config
mount --bind "$data" "$root/data"
if [ "$mode" = ro ]; then
  mount -t tmpfs -o mode=1777 tmp "$root/tmp"
  mount -o remount,ro "$root"
fi

unset NODE_OPTIONS NODE_EXTRA_CA_CERTS
export PATH=/opt/bin:/usr/sbin:/usr/bin:/sbin:/bin
export SMANAGER_CONFIG=/config/smanager_config.json
exec chroot "$root" /bin/sh -c 'cd /app && exec "$@"' sh "$@"
