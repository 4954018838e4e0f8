#!/usr/bin/env bash
# Makes the Debian package around a built binary; `make deb` calls it. Times in it are those of the commit.
set -euo pipefail
binary=$1
top=$PWD
version=$("$binary" --version | awk 'NR == 1 { print $2 }')
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH TOP=$top

folder=.build/deb/millrace
rm -rf .build/deb && mkdir -p "$folder"
cp -r systemd/debian "$folder/debian" && rm "$folder/debian/build.sh"
cp systemd/millrace.service "$folder/debian/millrace.service"
cp systemd/sysusers.conf "$folder/debian/millrace.sysusers"
cp systemd/tmpfiles.conf "$folder/debian/millrace.tmpfiles"
cp systemd/udev.rules "$folder/debian/millrace.udev"
maintainer="${DEBFULLNAME:-The Millrace authors} <${DEBEMAIL:-millrace@localhost}>"
sed -i "s/^Maintainer:.*/Maintainer: $maintainer/" "$folder/debian/control"
printf 'etc/millrace/devices\n' > "$folder/debian/millrace.dirs"
cat > "$folder/debian/changelog" <<END
millrace ($version) unstable; urgency=medium

  * See changelog.gz.

 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END

log=.build/deb/build.log
(cd "$folder" && dpkg-buildpackage --build=binary --no-sign -d) > "$log" 2>&1 || { tail -30 "$log"; exit 1; }
package=$(basename .build/deb/millrace_*.deb)
mv ".build/deb/$package" ".build/$package"
lintian --allow-root --fail-on error,warning --tag-display-limit 0 ".build/$package"
printf '.build/%s: %s bytes\n' "$package" "$(stat -c %s ".build/$package")"
