#!/usr/bin/env bash
# Tries the Debian package as a user would, in a fresh Debian in a folder: install, forward, upgrade, remove, purge.
#
#     sudo systemd/debian/try.sh .build/millrace_*.deb
#
# Needs root, debootstrap and a Debian mirror. Network and processes have namespaces of their own; of the machine it uses
# nothing but a folder below .build. Exit status 77: something that it needs is not here.
set -euo pipefail
package=$(realpath "$1")
cd "$(dirname "$0")/../.."
folder=.build/debian
root=$folder/root

missing() { echo "not tried: $1"; exit 77; }
say() { printf '\n%s\n' "$1"; }
fail() { echo "FAILED: $1" >&2; exit 1; }
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }

if [ "${2:-}" != --inside ]; then
    [ "$(id -u)" -eq 0 ] || missing "it needs root"
    command -v debootstrap > /dev/null || missing "debootstrap is not installed"
    unshare --net --mount --pid --fork true 2> /dev/null || missing "there are no namespaces here"
    mirror=$(apt-get indextargets --format '$(SITE)' 2> /dev/null | grep -m 1 'debian$' || true)
    rm -rf "$root" && mkdir -p "$root"
    if ! [ -e "$folder/fresh.tar" ]; then
        debootstrap --variant=minbase --include=systemd,mosquitto,mosquitto-clients bookworm "$root" \
            "${mirror:-http://deb.debian.org/debian}" > "$folder/debootstrap.log" 2>&1 \
            || missing "debootstrap found no mirror; see $folder/debootstrap.log"
        tar -C "$root" -cf "$folder/fresh.tar.new" . && mv "$folder/fresh.tar.new" "$folder/fresh.tar"
    else
        tar -C "$root" -xf "$folder/fresh.tar"
    fi
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    cp "$package" "$root/tmp/millrace.deb"
    say "install, with nothing but the package file"
    begun=$SECONDS
    inside apt-get install -y -qq /tmp/millrace.deb > "$folder/install.log" 2>&1 \
        || { tail -20 "$folder/install.log"; fail "the package does not install"; }
    echo "installed within $((SECONDS - begun)) s, the packages it depends on included"
    # The rest runs without a network, and all of it ends with this script.
    unshare --net --mount --pid --fork --kill-child systemd/debian/try.sh "$package" --inside
    rm -rf "$root"
    exit 0
fi

ip link set lo up
mount -t proc proc "$root/proc"

inside id -nG millrace | grep -qw dialout || fail "the user millrace is not in the group dialout"
inside millrace check > /dev/null 2>&1 || fail "the configuration that comes with the package does not load"
inside test -x /usr/share/bash-completion -a -e /usr/share/man/man1/millrace.1.gz || fail "manual or completions are not there"
[ "$(inside millrace devices list | wc -l)" -gt 100 ] || fail "the profiles are not found"

say "forward"
cat >> "$root/etc/millrace/millrace.toml" <<'END'

[uplinks.central]
url = "mqtt://127.0.0.1:1884"
topic = "{topic}"
END
install -d -m 700 -o "$(inside id -u millrace)" -g "$(inside id -g millrace)" "$root/var/lib/millrace"
inside mkdir -p /run/mosquitto && inside chown mosquitto /run/mosquitto
inside mosquitto -c /etc/mosquitto/mosquitto.conf > /dev/null 2>&1 &
inside mosquitto -p 1884 > /dev/null 2>&1 &
(exec chroot "$root" setpriv --reuid millrace --regid millrace --init-groups millrace run) 2> "$folder/agent.log" &
agent=$!
inside mosquitto_sub -h 127.0.0.1 -p 1884 -t 'sensors/#' -q 1 -C 1000 -W 60 > "$folder/received" &
receiver=$!
for _ in $(seq 100); do grep -q 'connected to mqtt://127.0.0.1:1884' "$folder/agent.log" && break; sleep 0.1; done
seq 1000 | inside mosquitto_pub -h 127.0.0.1 -t sensors/a -q 1 -l || fail "nothing could be published"
wait "$receiver" || { tail "$folder/agent.log"; fail "not everything arrived at the centre"; }
diff <(seq 1000) "$folder/received" > /dev/null || fail "something else arrived than was sent"
echo "1000 records arrived, in order"
kill "$agent" && wait "$agent" || fail "the agent did not stop in order"

accepted() {
    inside millrace log stat --log /var/lib/millrace --json | grep -o '"accepted" *: *[0-9]*' \
        | awk -F: '{ sum += $2 } END { print sum }'
}
before=$(accepted)
[ "$before" -gt 0 ] || fail "the log holds nothing"

say "upgrade"
dpkg-deb -R "$package" "$folder/next"
sed -i 's/^Version: .*/&+next/' "$folder/next/DEBIAN/control"
echo '# a new default' >> "$folder/next/etc/millrace/millrace.toml"
dpkg-deb --root-owner-group -b "$folder/next" "$root/tmp/next.deb" > /dev/null && rm -rf "$folder/next"
inside dpkg -i --force-confold /tmp/next.deb > "$folder/upgrade.log" 2>&1 || { cat "$folder/upgrade.log"; fail "no upgrade"; }
grep -q 'uplinks.central' "$root/etc/millrace/millrace.toml" || fail "the upgrade lost the configuration"
[ "$(accepted)" = "$before" ] || fail "the upgrade lost the log"
echo "configuration and log ($before records) are kept"

say "remove and purge"
inside dpkg -r millrace > /dev/null 2>&1 || fail "it cannot be removed"
[ ! -e "$root/usr/bin/millrace" ] || fail "the program is still there"
[ -e "$root/etc/millrace/millrace.toml" ] && [ -d "$root/var/lib/millrace/streams" ] \
    || fail "removing took the configuration or the log"
inside dpkg -P millrace > "$folder/purge.log" 2>&1 || { cat "$folder/purge.log"; fail "it cannot be purged"; }
for path in etc/millrace var/lib/millrace etc/mosquitto/conf.d/millrace.conf; do
    [ ! -e "$root/$path" ] || fail "the purge left /$path"
done
echo "removed with configuration and log kept, purged without a trace"
