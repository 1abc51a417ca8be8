#!/usr/bin/env bats
# What users of GitLab expect of combinations of keywords, each seen from outside.
load project

setup() { project; }

# --- order and results ---

@test ".pre comes first and .post last, whatever the file's order" {
	pipeline <<'P'
last: { stage: .post, script: ['cat "$F"', 'test "$(cat "$F")" = "pre test"'], variables: { GIT_STRATEGY: none } }
mid: { script: ['printf " test" >>"$F"'] }
first: { stage: .pre, script: ['printf pre >"$F"'] }
P
	slipway run --var F="$BATS_TEST_TMPDIR/order"
	succeeds
	ended 'first=success last=success mid=success'
}

@test "on_failure and always follow what they need, or their stages" {
	pipeline <<'P'
bad: { stage: build, script: [exit 1] }
good: { stage: build, script: ["true"] }
rescue: { needs: [bad], when: on_failure, script: [echo rescue] }
no-rescue: { needs: [good], when: on_failure, script: [echo no] }
always: { needs: [bad, good], when: always, script: [echo always] }
skipped: { needs: [bad], script: [echo no] }
free: { needs: [good], script: [echo free] }
later: { stage: deploy, script: [echo no] }
P
	slipway run
	fails
	ended 'always=success bad=failed free=success good=success later=skipped no-rescue=skipped rescue=success skipped=skipped'
}

@test "a failure that is allowed counts as success for those who need it" {
	pipeline <<'P'
bad: { stage: build, script: [exit 1], allow_failure: true }
next: { needs: [bad], script: [echo next] }
rescue: { needs: [bad], when: on_failure, script: [echo no] }
P
	slipway run
	succeeds
	ended 'bad=failed next=success rescue=skipped'
	says 'with warnings'
}

@test "who needs a manual job is skipped, until it is asked for" {
	pipeline <<'P'
gate: { when: manual, script: [echo gate] }
next: { needs: [gate], script: [echo next] }
after-next: { needs: [next], script: [echo after] }
beside: { stage: deploy, script: [echo beside] }
P
	slipway run
	succeeds
	ended 'after-next=skipped beside=success gate=manual next=skipped'
	slipway run --manual gate
	succeeds
	ended 'after-next=success beside=success gate=success next=success'
}

@test "a manual job by rules blocks what comes after, and the run says so" {
	pipeline <<'P'
gate: { stage: build, script: [echo gate], rules: [{ when: manual }] }
after: { script: [echo after] }
aside: { needs: [], script: [echo aside] }
P
	slipway run
	fails
	ended 'after=created aside=success gate=manual'
	says 'waits for a manual job'
}

@test "auto_cancel:on_job_failure ends the others" {
	pipeline <<'P'
workflow: { auto_cancel: { on_job_failure: all } }
bad: { script: [exit 1] }
long: { script: [sleep 30] }
P
	slipway run --jobs 2
	fails
	[[ $(statuses) == *long=canceled* ]]
}

@test "a job whose script takes too long still gets its after_script" {
	pipeline <<'P'
a:
  variables: { RUNNER_SCRIPT_TIMEOUT: 1s }
  script: [sleep 20]
  after_script: ['echo "ended as $CI_JOB_STATUS"']
P
	slipway run
	fails
	says 'ended as failed'
}

# --- scripts ---

@test "scripts are bash, as the runner has it" {
	pipeline <<'P'
.lines: &lines
  - &one 'x=1'
  - |
    if [ "$x" = 1 ]; then
      echo "block sees $x"
    fi
a:
  script:
    - *lines
    - [[ 'echo "nested $x"' ]]
    - 'echo "unset [$NOT_THERE]"'
    - false || echo "handled"
    - >-
      echo folded
      text
    - 'echo "colon: kept"'
    - set +e
    - "false"
    - echo "errexit was switched off"
b: { script: ['v=$(exit 3)', echo no] }
c: { script: ["exit 42"], allow_failure: { exit_codes: [41, 42] } }
P
	slipway run
	fails
	says 'a | block sees 1'
	says 'a | nested 1'
	says 'a | unset []'
	says 'a | handled'
	says 'a | folded text'
	says 'a | errexit was switched off'
	ended 'a=success b=failed c=failed'
}

@test "steps with a script run; a step that cannot run here fails the job" {
	pipeline <<'P'
a: { run: [{ name: one, script: 'x=1; echo one' }, { name: two, script: 'echo "two $x"' }] }
b: { run: [{ name: ours, script: echo ours }, { name: theirs, step: gitlab.com/steps/echo@v1 }] }
P
	slipway run
	fails
	says 'a | two 1'
	says 'b | ours'
	says 'cannot be run here: theirs'
	says 'warning: `run:step` has no effect'
	ended 'a=success b=failed'
}

@test "defaults reach the jobs that say nothing themselves" {
	pipeline <<'P'
default:
  before_script: [echo "before $CI_JOB_NAME"]
  after_script: [echo "after $CI_JOB_NAME"]
  retry: 1
  hooks: { pre_get_sources_script: ['echo "hook $CI_JOB_NAME"'] }
a: { script: [echo a] }
b: { before_script: [], after_script: [echo own], script: [echo b] }
c: { inherit: { default: [after_script] }, script: [echo c] }
P
	slipway run
	succeeds
	says 'a | hook a'
	says 'a | before a'
	says 'a | after a'
	says_not 'b | before'
	says 'b | own'
	says_not 'c | before'
	says_not 'c | hook'
	says 'c | after c'
}

@test "GIT_STRATEGY chooses what lies in the workspace" {
	file tracked <<<'here'
	pipeline <<'P'
usual: { script: ['test -f tracked', 'test "$(git rev-parse HEAD)" = "$CI_COMMIT_SHA"'] }
clone: { variables: { GIT_STRATEGY: clone }, script: [test -f tracked] }
none: { variables: { GIT_STRATEGY: none }, script: ['test ! -e tracked'] }
empty: { variables: { GIT_STRATEGY: empty }, script: ['test -z "$(ls -A)"'] }
wrong: { variables: { GIT_STRATEGY: sometimes }, script: [echo no] }
P
	slipway run
	fails
	ended 'clone=success empty=success none=success usual=success wrong=failed'
}

# --- variables ---

@test "variables: who wins" {
	pipeline <<'P'
stages: [one, two]
variables: { V: file, W: file, D: file, G: file }
workflow: { rules: [{ if: $CI, variables: { W: workflow } }] }
make:
  stage: one
  script: ['printf "D=dotenv\nG=dotenv\n" >e']
  artifacts: { reports: { dotenv: e } }
use:
  stage: two
  variables: { V: job, D: job }
  rules: [{ if: $CI, variables: { V: rule } }]
  script: ['echo "V=$V W=$W D=$D G=$G"']
P
	slipway run
	succeeds
	says 'V=rule W=workflow D=dotenv G=dotenv'
	slipway run --var G=given --var V=given
	succeeds
	says 'V=given W=workflow D=dotenv G=given'
}

@test "variables: raw, escaped, file, and expanded by the shell only" {
	echo 'in the file' >"$BATS_TEST_TMPDIR/f"
	pipeline <<'P'
variables:
  X: x
  RAW: { value: "raw $X", expand: false }
  COOKED: { value: "cooked $X" }
  DOLLAR: "$$X"
  DIR: "$CI_PROJECT_DIR/sub"
  OF_FILE: "path $F"
a:
  script:
    - echo "$RAW|$COOKED|$DOLLAR"
    - test "$DIR" = "$PWD/sub"
    - cat "$F"
    - test "$OF_FILE" = "path $F"
P
	slipway run --file-var F="$BATS_TEST_TMPDIR/f"
	succeeds
	says 'a | raw $X|cooked x|$X'
	says 'a | in the file'
}

@test "every run has an id, every job its own, also in children" {
	file child.yml <<'P'
c: { script: ['echo "ids $CI_PIPELINE_ID $CI_JOB_ID" | tee -a "$F"'] }
P
	pipeline <<'P'
a: { script: ['echo "ids $CI_PIPELINE_ID $CI_JOB_ID" | tee -a "$F"'], parallel: 2 }
k: { trigger: { include: child.yml, strategy: depend } , variables: { F: "$F" } }
P
	slipway run --var F="$BATS_TEST_TMPDIR/ids"
	succeeds
	slipway run --var F="$BATS_TEST_TMPDIR/ids"
	succeeds
	[ "$(sort -u "$BATS_TEST_TMPDIR/ids" | wc -l)" -eq 6 ]
	[ "$(cut -d' ' -f2 "$BATS_TEST_TMPDIR/ids" | sort -u | wc -l)" -eq 4 ]
}

# --- artifacts, reports, caches ---

@test "dotenv: what is no KEY=value fails the job that made it" {
	pipeline <<'P'
stages: [one, two]
comment: { stage: one, script: ['echo "# no" >e'], artifacts: { reports: { dotenv: e } } }
P
	slipway run
	fails
	says 'comment'
}

@test "dotenv reaches whom the artifacts reach" {
	pipeline <<'P'
stages: [one, two]
make: { stage: one, script: [echo V=made >e, echo f >f], artifacts: { paths: [f], reports: { dotenv: e } } }
all: { stage: two, script: ['test "$V" = made -a -f f'] }
needs: { stage: two, needs: [make], script: ['test "$V" = made -a -f f'] }
no-artifacts: { stage: two, needs: [{ job: make, artifacts: false }], script: ['test -z "$V" -a ! -f f'] }
no-dependencies: { stage: two, dependencies: [], script: ['test -z "$V" -a ! -f f'] }
dependencies: { stage: two, dependencies: [make], script: ['test "$V" = made -a -f f'] }
P
	slipway run
	succeeds
}

@test "artifacts: patterns, whole directories, links, untracked files, later ones win" {
	pipeline <<'P'
stages: [one, two, three]
make:
  stage: one
  script:
    - mkdir -p d/e g/h
    - touch d/a.txt d/e/b.txt d/e/c.bin g/h/x g/skip loose
    - ln -s a.txt d/link
  artifacts: { name: "$CI_JOB_NAME", paths: ["d/**/*.txt", d/link, "$DIR/"], exclude: [g/skip] }
  variables: { DIR: g }
loose: { stage: one, script: [touch u1 u2], artifacts: { untracked: true, exclude: [u2] } }
again: { stage: two, script: [echo again >d/a.txt], artifacts: { paths: [d/a.txt] } }
use:
  stage: three
  script:
    - test -f d/e/b.txt -a -L d/link -a -f g/h/x
    - test ! -e d/e/c.bin -a ! -e g/skip -a ! -e loose
    - test -f u1 -a ! -e u2
    - test "$(cat d/a.txt)" = again
P
	slipway run
	succeeds
}

@test "artifacts of all instances come together" {
	pipeline <<'P'
stages: [one, two]
make:
  stage: one
  parallel: { matrix: [{ P: [p, q] }, { P: r }] }
  script: [mkdir -p o, echo "$P" >o/$P]
  artifacts: { paths: [o] }
all: { stage: two, needs: [make], script: ['test "$(cat o/* | tr -d "\n")" = pqr'] }
some: { stage: two, needs: [{ job: make, parallel: { matrix: [{ P: [q] }] } }], script: ['test "$(ls o)" = q'] }
one: { stage: two, needs: ["make: [r]"], script: ['test "$(ls o)" = r'] }
P
	slipway run
	succeeds
}

@test "caches: several at once, a key of files, policies, when" {
	file a.lock <<<'1'
	pipeline <<'P'
a:
  script:
    - echo "c1 [$(cat c1/f 2>/dev/null)] c2 [$(cat c2/f 2>/dev/null)] c3 [$(cat c3/f 2>/dev/null)]"
    - mkdir -p c1 c2 c3; echo 1 >c1/f; echo 2 >c2/f; echo 3 >c3/f
    - exit ${CODE:-0}
  cache:
    - { key: { files: [a.lock] }, paths: [c1] }
    - { key: "$CI_JOB_NAME/x", paths: [c2], policy: $POLICY }
    - { key: bad, paths: [c3], when: on_failure }
P
	slipway run --var POLICY=pull
	succeeds
	says 'c1 [] c2 [] c3 []'
	slipway run --var POLICY=pull-push --var CODE=1
	says 'c1 [1] c2 [] c3 []'
	slipway run --var POLICY=pull-push
	says 'c1 [1] c2 [] c3 [3]'
	echo 2 >a.lock
	commit 'Another lock'
	slipway run --var POLICY=pull
	says 'c1 [] c2 [2] c3 [3]'
	slipway run --var POLICY=often
	fails
	says 'unknown cache policy often'
}

@test "an environment's address may come from the job's own report" {
	pipeline <<'P'
a:
  script: ['echo "HOST=h1.example.org" >e']
  artifacts: { reports: { dotenv: e } }
  environment: { name: "review/$CI_COMMIT_REF_SLUG", url: "https://$HOST/$NOBODY", on_stop: stop }
stop: { script: [echo stop], when: manual, environment: { name: "review/$CI_COMMIT_REF_SLUG", action: stop } }
P
	slipway run
	succeeds
	slipway runs --json --limit 1
	says '"environment_url": "https://h1.example.org/"'
	says '"environment": "review/main"'
}

@test "coverage is the last line that matches, its first group, its first number" {
	pipeline <<'P'
a: { script: ['echo "lines: 10.5%"', 'echo "lines: 99.25% of 4"'], coverage: '/lines: (\S+)/' }
b: { script: ['echo "no such thing"'], coverage: '/lines: \d+/' }
P
	slipway run
	succeeds
	slipway runs --json --limit 1
	says '"coverage": 99.25'
}

# --- children ---

@test "a child gets the variables it is handed, and no others" {
	file child.yml <<'P'
c: { script: ['echo "c: G=$G J=$J V=$V"'] }
P
	pipeline <<'P'
variables: { G: global }
plain: { variables: { J: job }, trigger: { include: child.yml, strategy: depend } }
given: { variables: { J: job }, trigger: { include: child.yml, strategy: depend, forward: { pipeline_variables: true } } }
none: { variables: { J: job }, trigger: { include: child.yml, strategy: depend, forward: { yaml_variables: false } } }
own: { variables: { J: job }, inherit: { variables: false }, trigger: { include: child.yml, strategy: depend } }
P
	slipway run --var V=v
	succeeds
	grep -q 'plain/c *| c: G=global J=job V=$' <<<"$output"
	grep -q 'given/c *| c: G=global J=job V=v$' <<<"$output"
	grep -q 'none/c *| c: G= J= V=$' <<<"$output"
	grep -q 'own/c *| c: G= J=job V=$' <<<"$output"
}

@test "a trigger's variables may name what was given, and what earlier jobs found out" {
	file child.yml <<'P'
c: { script: ['echo "c: G=$G R=$R RAW=$RAW"'] }
P
	pipeline <<'P'
stages: [one, two]
make: { stage: one, script: [echo R=report >e], artifacts: { reports: { dotenv: e } } }
k:
  stage: two
  variables: { G: "$G", R: "of $R", RAW: { value: "$G", expand: false } }
  trigger: { include: child.yml, strategy: depend }
P
	slipway run --var G=given
	succeeds
	says 'c: G=given R=of report RAW=$G'
}

@test "a child's file may be named by a variable, have inputs, and be one of several" {
	file ci/one.yml <<'P'
spec: { inputs: { who: {}, n: { type: number, default: 1 } } }
---
one:
  parallel: $[[ inputs.n ]]
  script: echo "hello $[[ inputs.who ]]"
P
	file ci/two.yml <<'P'
two: { script: [echo two] }
P
	pipeline <<'P'
k:
  variables: { FILE: one }
  trigger:
    strategy: depend
    include:
      - { local: ci/$FILE.yml, inputs: { who: you, n: 2 } }
      - ci/two.yml
all: { trigger: { include: ci/one.yml, inputs: { who: all }, strategy: mirror } }
P
	slipway run
	succeeds
	says 'hello you'
	says 'hello all'
	ended 'all/one 1/1=success all=success k/one 1/2=success k/one 2/2=success k/two=success k=success'
}

@test "a generated child may have inputs; what is wrong with it is said with its place" {
	pipeline <<'P'
stages: [make, go]
make:
  stage: make
  script: ['sed "s/@/$/" ci/tpl >good.yml', 'echo "x: {scrpt: a}" >bad.yml']
  artifacts: { paths: [good.yml, bad.yml] }
good: { stage: go, trigger: { include: [{ artifact: good.yml, job: make, inputs: { w: well } }], strategy: depend } }
bad: { stage: go, trigger: { include: [{ artifact: bad.yml, job: make }] } }
P
	file ci/tpl <<'P'
spec: { inputs: { w: {} } }
---
made:
  script: echo "made @[[ inputs.w ]]"
P
	commit 'A template'
	slipway run
	fails
	says 'made well'
	says 'bad.yml:1:5: jobs:x config contains unknown keys: scrpt (did you mean "script"?)'
	ended 'bad=failed good/made=success good=success make=success'
}

@test "children may have children, but not for ever" {
	file one.yml <<'P'
two: { trigger: { include: two.yml, strategy: depend } }
P
	file two.yml <<'P'
job: { script: [echo deep] }
three: { trigger: { include: one.yml, strategy: depend } }
P
	pipeline <<'P'
one: { trigger: { include: one.yml, strategy: depend } }
P
	slipway run
	fails
	says 'one/two/job'
	says 'nested 2 deep'
}

@test "the child of a merge request is one too" {
	file child.yml <<'P'
c: { script: ['echo "mr $CI_MERGE_REQUEST_TARGET_BRANCH_NAME by $CI_PIPELINE_SOURCE [${CI_COMMIT_BRANCH-}]"'], rules: [{ if: $CI_MERGE_REQUEST_IID }] }
P
	pipeline <<'P'
k: { trigger: { include: child.yml, strategy: depend }, rules: [{ if: $CI_MERGE_REQUEST_IID }] }
P
	git checkout -qb topic
	slipway run --target-branch main
	succeeds
	says 'mr main by parent_pipeline []'
}

@test "a child without jobs fails its trigger; another project's pipeline is not started" {
	file child.yml <<'P'
c: { script: [echo no], rules: [{ if: $NEVER }] }
P
	pipeline <<'P'
k: { trigger: { include: child.yml } }
there: { trigger: group/other }
P
	slipway run
	fails
	says 'downstream pipeline can not be created: The resulting pipeline would have been empty'
	says 'the pipeline of project group/other is not run by a local run'
}

# --- what only a server does ---

@test "releases and pages are planned, and it is said that nothing is published" {
	pipeline <<'P'
workflow: { name: "Build of $CI_COMMIT_REF_NAME" }
rel: { script: [echo rel], release: { tag_name: "v$N", description: d }, variables: { N: "1" } }
pages: { script: [mkdir public, touch public/i], artifacts: { paths: [public] } }
P
	slipway list
	succeeds
	says 'Build of main'
	says 'release v1 is planned, not created'
	slipway run
	succeeds
	says 'release v1 of rel is planned, not created'
	says '`pages` has no effect in a local run: the job runs, and nothing is published'
}

@test "an event decides what is compared: changes" {
	file s/f <<<'1'
	commit 'Source'
	pipeline <<'P'
s: { script: [echo s], rules: [{ changes: [s/*] }] }
main: { script: [echo m], rules: [{ changes: { paths: [s/*], compare_to: refs/heads/base } }] }
any: { script: [echo any] }
P
	git branch base HEAD~2
	slipway list --json
	python3 -c 'import json,sys; print(" ".join(j["name"] for j in json.load(sys.stdin)["jobs"] if j["included"]))' <<<"$output" >got
	[ "$(cat got)" = 'main any' ]
	slipway list --json --event schedule
	python3 -c 'import json,sys; print(" ".join(j["name"] for j in json.load(sys.stdin)["jobs"] if j["included"]))' <<<"$output" >got
	[ "$(cat got)" = 's main any' ]
	rm got
	echo 2 >s/f
	slipway run
	succeeds
	ended 'any=success main=success s=success'
}
