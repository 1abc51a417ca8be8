#!/usr/bin/env bash
# The README's first command in a Debian 12 that has nothing but its minimal base.
# Another command may be given: `debootstrap.sh './up test'` shows whether the list of
# test packages in `up` is complete.
#
# Runs in mount and process namespaces of its own: whatever happens, no mount and
# no process outlives it.  The base system is kept for a week, so that the second
# run on a machine costs only what the command itself costs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [ "$(id -u)" -ne 0 ]; then
	echo 'install: needs root, for chroot'
	echo '0 passed, 0 failed, 1 skipped'
	exit 0
fi
if [ -z "${IN_NAMESPACE:-}" ]; then
	export IN_NAMESPACE=1
	exec unshare --mount --pid --fork --kill-child --propagation private bash "$PWD/tests/install/debootstrap.sh" "$@"
fi

base=${SLIPWAY_TEST_CACHE:-/var/cache/slipway-tests}/debian-12-minimal.tar
root=$(mktemp -d "${TMPDIR:-/var/tmp}/slipway-install.XXXXXX")
finish() {
	umount "$root/proc" "$root/dev/pts" 2>/dev/null || true
	# Never across a mount: /proc of the inner system is not ours to delete.
	rm -rf --one-file-system "$root"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

since() {
	local us=$((${EPOCHREALTIME/./} - $1))
	printf '%d.%d s' $((us / 1000000)) $((us % 1000000 / 100000))
}
failed() {
	echo "install: $1"
	echo '0 passed, 1 failed'
	exit 1
}

# The mirror that this machine itself installs from.
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
	awk '$1 == "bookworm" { print $2; exit }')
[ -n "$mirror" ] || failed 'apt knows no mirror of bookworm here; run apt-get update'

start=${EPOCHREALTIME/./}
if [ -z "$(find "$base" -mtime -7 2>/dev/null)" ]; then
	debootstrap --variant=minbase bookworm "$root/base" "$mirror" >"$root/log" 2>&1 || {
		tail -n 20 "$root/log"
		failed 'debootstrap failed'
	}
	mkdir -p "${base%/*}"
	tar -C "$root/base" -cf "$base.new" .
	mv "$base.new" "$base"
	rm -rf --one-file-system "$root/base"
fi
tar -C "$root" -xpf "$base"
echo "minimal Debian 12: $(since "$start")"

# How this machine reaches its mirror holds inside as well.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
apt-config dump | grep -E '^Acquire::(Check-|http|https|Retries)' >"$root/etc/apt/apt.conf.d/90outer" || true
mount -t proc proc "$root/proc"
# terminals of its own, for the tests that need one
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -sf pts/ptmx "$root/dev/ptmx"

# A clone as a user has it, with what is not committed yet on top.
git -c safe.directory='*' clone -q --no-hardlinks . "$root/src/slipway"
git -c safe.directory='*' ls-files -z -co --exclude-standard |
	tar --null --no-recursion --ignore-failed-read -T - -cf - 2>/dev/null | tar -C "$root/src/slipway" -xf -

command=${1:-$(sed -n 's/^ \{4\}\(\.\/up[^#]*\).*/\1/p' README.md | head -n 1)}
[ -n "$command" ] || failed 'README.md shows no ./up command'
echo "in it: $command"
start=${EPOCHREALTIME/./}
code=0
chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
	LANG=C.UTF-8 ${http_proxy:+http_proxy="$http_proxy"} \
	bash -c "cd /src/slipway && $command" </dev/null 2>&1 | tee "$root/out" || code=$?
echo "$command: $(since "$start")"

[ "$code" -eq 0 ] || failed "it exited with $code"
[ -x "$root/src/slipway/build/slipway" ] || failed 'it left no build/slipway'
grep -qE 'passed|succeeded' "$root/out" || failed 'its output has no verdict'

[ $# -eq 0 ] || { echo '1 passed, 0 failed'; exit 0; }
start=${EPOCHREALTIME/./}
chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root bash -c "cd /src/slipway && $command" \
	</dev/null >"$root/again" 2>&1 || failed 'the second time, it fails'
echo "again: $(since "$start")"
echo '1 passed, 0 failed'
