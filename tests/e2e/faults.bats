#!/usr/bin/env bats
# What happens when the machine, the repository or a job misbehaves.
load project

setup() { project; }

teardown() {
	if mountpoint -q "$BATS_TEST_TMPDIR/small" 2>/dev/null; then umount -l "$BATS_TEST_TMPDIR/small"; fi
}

# --- the place ---

@test "outside of a repository, and in one without commits" {
	cd "$BATS_TEST_TMPDIR"
	mkdir bare && cd bare
	GIT_CEILING_DIRECTORIES=$BATS_TEST_TMPDIR slipway run
	fails 2
	says 'git'
	git init -q -b main .
	printf 'a: {script: [echo ran]}\n' >.gitlab-ci.yml
	slipway run
	succeeds
	says 'a | ran'
}

@test "no pipeline file: the message names it and the option" {
	slipway run
	fails 2
	says '.gitlab-ci.yml'
	says '--file'
}

@test "a disk that fills up fails the job with its reason, and the next run works" {
	[ "$(id -u)" -eq 0 ] || skip 'only root may mount'
	mkdir "$BATS_TEST_TMPDIR/small"
	mount -t tmpfs -o size=4m tmpfs "$BATS_TEST_TMPDIR/small"
	cd "$BATS_TEST_TMPDIR/small"
	git init -q -b main .
	pipeline <<'P'
fill: { script: ['head -c 8M /dev/zero >"big$N"'] }
P
	slipway run --var N=1
	fails
	says 'No space left'
	sed -i 's/head.*N"/true #/' .gitlab-ci.yml
	slipway run
	succeeds
}

@test "a directory that may not be written is named" {
	[ "$(id -u)" -eq 0 ] || skip 'only root may become nobody'
	pipeline <<'P'
a: { script: [echo a] }
P
	chmod -R a+rX . "$BATS_TEST_TMPDIR"
	chmod a+rx "$(dirname "$BATS_TEST_TMPDIR")" "$(dirname "$(dirname "$BATS_TEST_TMPDIR")")"
	cp "$SLIPWAY" "$BATS_TEST_TMPDIR/slipway-copy"
	chmod a+rx "$BATS_TEST_TMPDIR/slipway-copy"
	git config --file "$BATS_TEST_TMPDIR/gitconfig" safe.directory '*'
	chmod a+r "$BATS_TEST_TMPDIR/gitconfig"
	run env GIT_CONFIG_GLOBAL="$BATS_TEST_TMPDIR/gitconfig" HOME=/nonexistent ASAN_OPTIONS=detect_leaks=0 \
		setpriv --reuid=65534 --regid=65534 --clear-groups "$BATS_TEST_TMPDIR/slipway-copy" run
	fails 3
	says '.slipway'
	says 'Permission denied'
}

@test "without bash the package to install is named" {
	pipeline <<'P'
a: { script: [echo a] }
P
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$(command -v git)" "$BATS_TEST_TMPDIR/bin/git"
	run env PATH="$BATS_TEST_TMPDIR/bin" "$SLIPWAY" run
	[ "$status" -ne 0 ]
	says 'bash'
}

@test "names of files may be anything" {
	touch -- 'a b' $'new\nline' '-dash' $'\303\274n\303\257code' "$(printf 'n%.0s' {1..250})"
	ln -s nowhere dangling
	ln -s / outside
	ln -s loop loop
	printf '#!/bin/sh\necho from a script\n' >run.sh
	chmod +x run.sh
	pipeline <<'P'
a:
  script: [ls | wc -l, ./run.sh, "test -L dangling -a -L outside -a -L loop", "test -e ./-dash"]
P
	slipway run
	succeeds
	says 'from a script'
}

@test "a project path with blanks and a line break works" {
	mkdir $'odd \n place'
	cd $'odd \n place'
	git init -q -b main .
	pipeline <<'P'
a: { script: ['test "$PWD" = "$CI_PROJECT_DIR"', git log -1 --format=%s] }
P
	slipway run
	succeeds
	says 'a | A pipeline'
}

# --- jobs ---

@test "what forks away is dead when the job ends" {
	pipeline <<'P'
a:
  script: ['(trap "" TERM HUP; setsid sh -c "trap \"\" TERM; echo \$\$ >$PIDFILE; sleep 900" &) &', 'while ! test -s "$PIDFILE"; do :; done']
P
	slipway run --var PIDFILE="$BATS_TEST_TMPDIR/pid"
	succeeds
	[ -s "$BATS_TEST_TMPDIR/pid" ]
	! kill -0 "$(cat "$BATS_TEST_TMPDIR/pid")" 2>/dev/null
}

@test "a job that prints 200 MB leaves a complete log and little memory" {
	pipeline <<'P'
lines: { script: ['head -c 100M /dev/zero | tr "\0" "x" | fold -w 99'] }
one-line: { script: ['head -c 100M /dev/zero | tr "\0" "y"'] }
P
	/usr/bin/env python3 - "$SLIPWAY" >"$BATS_TEST_TMPDIR/kb" <<'PY'
import resource, subprocess, sys
code = subprocess.call([sys.argv[1], "run"], stdout=subprocess.DEVNULL)
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PY
	read -r code kb <"$BATS_TEST_TMPDIR/kb"
	[ "$code" -eq 0 ]
	case $SLIPWAY in
	*asan*) ;; # the sanitizer's own memory
	*) [ "$kb" -lt 40000 ] ;;
	esac
	[ "$(tr -cd x <.slipway/runs/1/jobs/001-lines/log | wc -c)" -ge 104857600 ]
	[ "$(tr -cd y <.slipway/runs/1/jobs/002-one-line/log | wc -c)" -ge 104857600 ]
}

@test "output of any bytes is kept in the log and harmless on the screen" {
	pipeline <<'P'
a: { script: ['printf "bad \377 nul \000 \033]0;title\007 \033[2J end\n"'] }
P
	"$SLIPWAY" run >"$BATS_TEST_TMPDIR/out"
	grep -qa 'end' "$BATS_TEST_TMPDIR/out"
	! grep -qaP '\x1b\]0;' "$BATS_TEST_TMPDIR/out"
	! grep -qaP '\x1b\[2J' "$BATS_TEST_TMPDIR/out"
	LC_ALL=C grep -qaP '\xff nul \x00' .slipway/runs/1/jobs/001-a/log
}

@test "a job sees the descriptors 0, 1 and 2 only" {
	pipeline <<'P'
a: { script: ['ls /proc/self/fd | tr "\n" " "; echo'] }
P
	exec 7</dev/null
	slipway run
	exec 7<&-
	succeeds
	says 'a | 0 1 2 3 ' # 3 is ls reading the directory
}

# --- artifacts and caches ---

@test "artifacts take files, directories and links, nothing else and nothing from outside" {
	echo secret >"$BATS_TEST_TMPDIR/secret"
	pipeline <<'P'
a:
  script:
    - mkdir out; echo ok >out/file; mkfifo out/fifo; ln -s "$SECRET" out/link
    - ln -s / rootlink; truncate -s 1M out/sparse
  artifacts: { paths: [out, rootlink/etc/passwd, ../secret, /etc/passwd] }
P
	slipway run --var SECRET="$BATS_TEST_TMPDIR/secret"
	succeeds
	slipway artifacts --extract got
	succeeds
	[ "$(cat got/out/file)" = ok ]
	[ -L got/out/link ]
	[ ! -e got/out/fifo ]
	[ ! -e got/etc/passwd ]
	! find got -name passwd | grep -q .
}

@test "a file that grows while it is collected does not hang the job" {
	pipeline <<'P'
a:
  script: ['(setsid sh -c "while echo more; do :; done >grow" &) ; while ! test -s grow; do :; done']
  artifacts: { paths: [grow] }
P
	run timeout 60 "$SLIPWAY" run
	succeeds
}

@test "a damaged cache is a miss" {
	pipeline <<'P'
a:
  script: ['echo "had [$(cat c/f 2>/dev/null)]"', mkdir -p c, echo x >c/f]
  cache: { key: k, paths: [c] }
P
	slipway run
	succeeds
	find .slipway/cache -type f -exec sh -c 'head -c 40 /dev/urandom >"$1"' _ {} \;
	slipway run
	succeeds
	says 'had []'
	slipway run
	succeeds
	says 'had [x]'
}

@test "a dotenv report that GitLab refuses fails the job" {
	pipeline <<'P'
a: { script: ['echo "not a line" >e'], artifacts: { reports: { dotenv: e } } }
P
	slipway run
	fails
	says 'dotenv'
}

# --- runs ---

@test "a damaged record is said, and does not stop the next run" {
	pipeline <<'P'
a: { script: [echo a] }
P
	slipway run
	echo '{ broken' >.slipway/runs/1/run.json
	slipway log 1 a
	[ "$status" -ne 0 ]
	says 'run.json'
	slipway run
	succeeds
	slipway runs
	succeeds
}

@test "two runs at once do not hurt each other" {
	pipeline <<'P'
a:
  script: [mkdir -p c, 'echo "$N" >c/f', 'test "$(cat c/f)" = "$N"', echo o >o]
  cache: { key: k, paths: [c] }
  artifacts: { paths: [o] }
P
	local pids=() n
	for n in 1 2 3 4; do
		"$SLIPWAY" run --var N=$n >"$BATS_TEST_TMPDIR/out$n" 2>&1 &
		pids+=($!)
	done
	for n in "${pids[@]}"; do wait "$n"; done
	[ "$(find .slipway/runs -mindepth 1 -maxdepth 1 | wc -l)" -eq 4 ]
	[ "$("$SLIPWAY" runs --json | grep -c '"status": "success"')" -eq 8 ]
}

# Waits until the job of the run in the background has written its pid.
started() {
	until [ -s "$1" ]; do kill -0 "$2" || return 1; done
}

@test "kill -9 leaves no process, and the next run sweeps" {
	pipeline <<'P'
a: { script: ['echo $$ >"$PIDFILE"; exec sleep 800'] }
b: { stage: deploy, script: [echo b] }
P
	"$SLIPWAY" run --var PIDFILE="$BATS_TEST_TMPDIR/pid" >/dev/null 2>&1 &
	local pid=$!
	started "$BATS_TEST_TMPDIR/pid" $pid
	kill -9 $pid
	wait $pid || true
	timeout 15 tail --pid="$(cat "$BATS_TEST_TMPDIR/pid")" -f /dev/null
	slipway runs
	says 'killed'
	slipway run b
	succeeds
	[ -z "$(ls .slipway/work)" ]
}

@test "an interrupt cancels with grace, and after_script still runs" {
	pipeline <<'P'
a:
  script: ['echo $$ >"$PIDFILE"; sleep 700']
  after_script: ['echo "after $CI_JOB_STATUS"']
P
	"$SLIPWAY" run --var PIDFILE="$BATS_TEST_TMPDIR/pid" >"$BATS_TEST_TMPDIR/out" 2>&1 &
	local pid=$! code=0
	started "$BATS_TEST_TMPDIR/pid" $pid
	kill -TERM $pid
	wait $pid || code=$?
	[ "$code" -eq 1 ]
	grep -q 'after canceled' "$BATS_TEST_TMPDIR/out"
	ended 'a=canceled'
	! kill -0 "$(cat "$BATS_TEST_TMPDIR/pid")" 2>/dev/null
}

@test "a reader that goes away ends the run and its jobs" {
	pipeline <<'P'
a: { script: ['echo $$ >"$PIDFILE"; while echo more; do :; done'] }
P
	timeout 60 bash -c '"$0" run --var PIDFILE="$1" | head -n 2' "$SLIPWAY" "$BATS_TEST_TMPDIR/pid"
	timeout 15 tail --pid="$(cat "$BATS_TEST_TMPDIR/pid")" -f /dev/null
}

@test "with few descriptors many jobs still come to their end" {
	{
		echo 'a:'
		echo '  parallel: 120'
		echo '  script: [echo a]'
	} | pipeline
	run bash -c 'ulimit -n 64; exec "$0" run --jobs 60' "$SLIPWAY"
	succeeds
}
