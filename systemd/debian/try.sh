#!/usr/bin/env bash
# Tries the Debian package as a user would, in a fresh Debian in a folder, under a systemd of its own: install, forward,
# a disk that hangs, upgrade, remove, purge.
#
#     sudo systemd/debian/try.sh .build/millrace_*.deb
#
# Needs root, debootstrap and a Debian mirror. Network and processes have namespaces of their own; of the machine it
# uses nothing but a folder below .build. Exit status 77: something that it needs is not here.
# With pipefail no `grep -q`: it ends at the first match, and what still writes to it fails.
set -euo pipefail
package=$(realpath "$1")
cd "$(dirname "$0")/../.."
folder=.build/debian
root=$folder/root

missing() { echo "not tried: $1"; exit 77; }
# In the Debian that runs.
there() {
    nsenter -t "$init" --all env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}

say() { printf '\n%s\n' "$1"; }
fail() { echo "FAILED: $1" >&2; exit 1; }
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }

try() {
    there id -nG millrace | grep -w dialout > /dev/null || fail "the user millrace is not in the group dialout"
    there millrace check > /dev/null 2>&1 || fail "the configuration that comes with the package does not load"
    there test -e /usr/share/man/man1/millrace.1.gz -a -e /usr/share/bash-completion/completions/millrace \
        || fail "manual or completions are not there"
    [ "$(there millrace devices list | wc -l)" -gt 100 ] || fail "the profiles are not found"
    is_running || fail "it does not run after the installation"
    forward
    hang
    upgrade
    remove
}

is_running() {
    for _ in $(seq 150); do
        there systemctl is-active --quiet millrace && return
        sleep 0.1
    done
    there journalctl -u millrace -n 20 --no-pager
    return 1
}

# Publishes numbers at the local broker and compares what arrives at the centre.
carry() {
    there mosquitto_sub -h 127.0.0.1 -p 1884 -t 'sensors/#' -q 1 -i "centre" -c -C "$#" -W 60 > "$folder/received" &
    receiver=$!
    printf '%s\n' "$@" | there mosquitto_pub -h 127.0.0.1 -t sensors/a -q 1 -l || fail "nothing could be published"
    wait "$receiver" || { there journalctl -u millrace -n 20 --no-pager; fail "not everything arrived at the centre"; }
    diff <(printf '%s\n' "$@") "$folder/received" > /dev/null || fail "something else arrived than was sent"
}

forward() {
    say "forward, inside the limits of the unit"
    cat >> "$root/etc/millrace/millrace.toml" <<'END'

[uplinks.central]
url = "mqtt://127.0.0.1:1884"
topic = "{topic}"
END
    there systemd-run --quiet --unit=centre mosquitto -p 1884
    for _ in $(seq 100); do there mosquitto_pub -h 127.0.0.1 -p 1884 -t ready -n 2> /dev/null && break; sleep 0.1; done
    # A subscriber that is known to the broker: what comes while it is away is kept for it.
    there mosquitto_sub -h 127.0.0.1 -p 1884 -t 'sensors/#' -q 1 -i centre -c -E
    there systemctl restart millrace && is_running || fail "it does not run with an uplink"
    carry $(seq 1000)
    echo "1000 records arrived, in order"
}

hang() {
    say "a disk that hangs restarts it, idleness does not"
    there mountpoint -q /var/lib/millrace || { echo "not tried: no loop device for a disk of its own"; return 0; }
    mkdir -p "$root/etc/systemd/system/millrace.service.d"
    printf '[Service]\nWatchdogSec=3s\nTimeoutAbortSec=2s\n' > "$root/etc/systemd/system/millrace.service.d/try.conf"
    there systemctl daemon-reload && there systemctl restart millrace && is_running || fail "it does not start there"
    sleep 8
    [ "$(there systemctl show -P NRestarts millrace)" = 0 ] || fail "idleness restarts it"
    there fsfreeze --freeze /var/lib/millrace
    there mosquitto_pub -h 127.0.0.1 -t sensors/a -q 1 -m hung
    for _ in $(seq 400); do
        there journalctl -u millrace --no-pager | grep 'Watchdog timeout' > /dev/null && break
        sleep 0.1
    done
    there fsfreeze --unfreeze /var/lib/millrace
    there journalctl -u millrace --no-pager | grep 'Watchdog timeout' > /dev/null \
        || fail "a disk that hangs is not noticed"
    is_running || fail "it is not started again"
    there timeout 60 mosquitto_sub -h 127.0.0.1 -p 1884 -t 'sensors/#' -q 1 -i centre -c -C 1 \
        | grep -x hung > /dev/null \
        || fail "what waited while the disk hung did not arrive"
    echo "restarted, and what waited arrived"
}

accepted() {
    there millrace log stat --log /var/lib/millrace --json | grep -o '"accepted" *: *[0-9]*' \
        | awk -F: '{ sum += $2 } END { print sum }'
}

upgrade() {
    say "upgrade"
    there systemctl stop millrace
    before=$(accepted)
    [ "$before" -gt 0 ] || fail "the log holds nothing"
    there systemctl start millrace
    dpkg-deb -R "$package" "$folder/next"
    sed -i 's/^Version: .*/&+next/' "$folder/next/DEBIAN/control"
    echo '# a new default' >> "$folder/next/etc/millrace/millrace.toml"
    dpkg-deb --root-owner-group -b "$folder/next" "$root/srv/next.deb" > /dev/null && rm -rf "$folder/next"
    there dpkg -i --force-confold /srv/next.deb > "$folder/upgrade.log" 2>&1 \
        || { cat "$folder/upgrade.log"; fail "no upgrade"; }
    is_running || fail "it does not run after the upgrade"
    grep -q 'uplinks.central' "$root/etc/millrace/millrace.toml" || fail "the upgrade lost the configuration"
    carry again
    there systemctl stop millrace
    [ "$(accepted)" -gt "$before" ] || fail "the upgrade lost the log"
    echo "configuration and log are kept, and it goes on"
}

remove() {
    say "remove and purge"
    there systemctl start millrace
    there dpkg -r millrace > /dev/null 2>&1 || fail "it cannot be removed"
    [ ! -e "$root/usr/bin/millrace" ] || fail "the program is still there"
    there test -e /etc/millrace/millrace.toml -a -d /var/lib/millrace/streams \
        || fail "removing took configuration or log"
    there umount /var/lib/millrace 2> /dev/null || true
    there dpkg -P millrace > "$folder/purge.log" 2>&1 || { cat "$folder/purge.log"; fail "it cannot be purged"; }
    for path in etc/millrace var/lib/millrace etc/mosquitto/conf.d/millrace.conf; do
        [ ! -e "$root/$path" ] || fail "the purge left /$path"
    done
    echo "removed with configuration and log kept, purged without a trace"
}

if [ "${2:-}" != --boot ]; then
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
    # The rest runs without a network, under a systemd of its own, and all of it ends with this script.
    unshare --net --mount --pid --ipc --uts --cgroup --fork --kill-child systemd/debian/try.sh "$package" --boot \
        > "$folder/boot.log" 2>&1 &
    trap 'kill -9 $(jobs -p) 2> /dev/null || true' EXIT
    for _ in $(seq 300); do
        init=$(pgrep -P $! || true)
        [ -n "$init" ] && nsenter -t "$init" --all test -e /run/systemd/system 2> /dev/null && break
        sleep 0.1
    done
    nsenter -t "$init" --all test -e /run/systemd/system 2> /dev/null \
        || missing "systemd does not start here: $(tail -1 "$folder/boot.log")"
    try
    kill -9 "$init"
    wait || true
    rm -rf "$root" "$folder/disk"
    exit 0
fi


mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
# The log gets a disk of its own, so that it can be made to hang.
truncate -s 64M "$OLDPWD/$folder/disk" && mkfs.ext4 -q -F "$OLDPWD/$folder/disk"
mkdir -p var/lib/millrace && mount -o loop "$OLDPWD/$folder/disk" var/lib/millrace || true
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs dev
for device in null zero full random urandom; do
    touch "dev/$device" && mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666
ln -s pts/ptmx dev/ptmx
ip link set lo up
# Not only chroot: a process in one may have no user namespace, which the unit asks for.
mkdir -p old && pivot_root . old && umount -l old
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . /lib/systemd/systemd --system
