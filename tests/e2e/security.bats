#!/usr/bin/env bats
# What a hostile repository, a curious neighbour or a careless name must not achieve.
load project

setup() { project; }

# --- the state directory ---

@test "a .slipway that the repository brings is refused, and nothing runs" {
	mkdir -p .slipway/cache
	echo poison >.slipway/cache/key-default.tar.zst
	git add -f .slipway
	pipeline <<'P'
a: {script: ["echo ran"]}
P
	slipway run
	fails 2
	says 'is a file of the repository'
	says 'git rm -r --cached .slipway'
	says_not 'ran'
}

@test "no part of .slipway may lead elsewhere: nothing outside is removed" {
	mkdir -p precious/7/work .slipway
	echo mine >precious/7/work/file
	for part in work runs cache locks; do
		rm -rf .slipway/*
		ln -s "$PWD/precious" ".slipway/$part"
		pipeline <<'P'
a: {script: ["true"]}
P
		slipway run
		fails 2
		says ".slipway/$part is no directory"
		slipway clean --cache
		fails 2
		[ -f precious/7/work/file ]
	done
}

@test "a .slipway that is a link is refused" {
	mkdir elsewhere
	ln -s elsewhere .slipway
	echo .slipway >.gitignore
	pipeline <<'P'
a: {script: ["true"]}
P
	slipway run
	fails 2
	says '.slipway is no directory'
	[ -z "$(ls elsewhere)" ]
}

@test "what a run leaves can be read by its owner only, whatever the umask" {
	pipeline <<'P'
a: {script: ["echo secret"]}
P
	umask 000
	slipway run
	succeeds
	[ "$(stat -c %a .slipway)" = 700 ]
	chmod 755 .slipway
	slipway run
	succeeds
	[ "$(stat -c %a .slipway)" = 700 ]
}

@test "a record that names places outside of its run is not followed" {
	echo 'outside' >"$BATS_TEST_TMPDIR/outside"
	pipeline <<'P'
a: {script: ["true"], artifacts: {paths: [x], when: always}}
P
	slipway run
	succeeds
	sed -i 's|"log": "[^"]*"|"log": "jobs/../../../../../outside"|' .slipway/runs/1/run.json
	slipway log a
	fails 2
	says_not outside
}

# --- the terminal ---

@test "names and scripts reach the terminal without control sequences, in every command" {
	printf '%s\n' 'stages: ["st\u001b]0;stage\u0007"]' \
		'workflow: {name: "na\u001b]0;name\u0007"}' \
		'"job\u001b[2J\u009b2J\u202e":' \
		'  stage: "st\u001b]0;stage\u0007"' \
		'  script: ["echo \u001b]0;title\u0007 > /dev/null"]' | pipeline
	for args in 'list' 'list --names' 'graph' 'run --dry-run' 'explain job' 'run nosuch' 'lint' \
		'run' 'runs' 'log nosuch'; do
		run bash -c '"$0" $1 2>&1' "$SLIPWAY" "$args"
		if grep -qP '\x1b\]|\x1b\[2J|\x07|\xc2\x9b|\xe2\x80\xae' <<<"$output"; then
			wrong "$args lets control sequences through: $(cat -v <<<"$output")"
			return 1
		fi
	done
}

# --- secrets ---

@test "a value whose name speaks of a secret is shown by no command, and kept nowhere" {
	pipeline <<'P'
workflow: {name: "to $DEPLOY_TOKEN"}
a:
  variables: {COPY: "see-$DEPLOY_TOKEN"}
  rules: [{if: '$DEPLOY_TOKEN == "x"', when: never}, {when: on_success}]
  script: ['echo "$DEPLOY_TOKEN and $COPY"', 'env']
P
	echo 'DB_PASSWORD=correct-horse-1' >"$BATS_TEST_TMPDIR/vars"
	for args in 'explain a' 'explain a --json' 'plan' 'run' 'run --json'; do
		slipway $args --var DEPLOY_TOKEN=s3cr3t-v4lu3 --var-file "$BATS_TEST_TMPDIR/vars"
		says_not s3cr3t-v4lu3
		says_not correct-horse-1
	done
	! grep -r -e s3cr3t-v4lu3 -e correct-horse-1 .slipway
}

@test "a secret stays masked in a child pipeline that gets it under another name" {
	file child.yml <<'P'
c: {script: ['echo "child got $COPY"']}
P
	pipeline <<'P'
t:
  variables: {COPY: "$DEPLOY_TOKEN"}
  trigger: {include: child.yml, strategy: depend}
P
	slipway run --var DEPLOY_TOKEN=s3cr3t-v4lu3
	succeeds
	says 'child got [MASKED]'
	! grep -r s3cr3t-v4lu3 .slipway
}

@test "tokens of the user's own environment are masked in logs" {
	pipeline <<'P'
a: {script: ['env']}
P
	GITHUB_TOKEN=ghp_0123456789abcdef slipway run
	succeeds
	says 'GITHUB_TOKEN=[MASKED]'
	says_not ghp_0123456789abcdef
}
