# The examples are run as their READMEs say, in a repository of their own.

setup() {
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return 1
}

# example NAME: that example, committed, as a repository; inside it afterwards.
example() {
	cp -r "$root/examples/$1" repo
	cd repo || return 1
	rm -rf .slipway
	git init -q .
	git add -A
	git commit -qm 'First'
}

# What `slipway list` printed: is that job in the pipeline, or listed as out of it?
is_in() { grep -qE "^  \+ $1( |\$)" <<<"$output"; }
is_out() { grep -qE "^  - $1( |\$)" <<<"$output"; }

@test "quality-gates: the pipeline succeeds and leaves its reports" {
	example quality-gates
	run "$SLIPWAY" run
	echo "$output"
	[ "$status" -eq 0 ]
	local out=$BATS_TEST_TMPDIR/out
	"$SLIPWAY" artifacts --extract "$out"
	find "$out" -name junit.xml | grep -q .
	grep -rq '<testsuite ' "$(find "$out" -name junit.xml | head -n 1)"
	grep -q 'line-rate=' "$(find "$out" -name coverage.xml | head -n 1)"
	find "$out" -name berths.pyz | grep -q .
	# the user's own tree is as it was
	[ -z "$(git status --porcelain)" ]
}

@test "quality-gates: one broken test fails the pipeline and is named with its line" {
	example quality-gates
	sed -i 's/self.arrives < leaves and arrives < self.leaves/self.arrives <= leaves and arrives < self.leaves/' \
		berths/plan.py
	run "$SLIPWAY" run
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *unit* ]]
	[[ $output == *'FAILED tests/test_plan.py::test_ships_may_meet_at_the_minute_but_not_overlap'* ]]
}

@test "quality-gates: a clean tag brings clean-tag and publish, an unclean one fails at once" {
	example quality-gates
	run "$SLIPWAY" list --tag v1.4.0
	is_in clean-tag
	is_in publish
	run "$SLIPWAY" list
	is_out clean-tag
	is_out publish
	run "$SLIPWAY" run clean-tag --tag v1.4.0
	echo "$output"
	[ "$status" -eq 0 ]
	run "$SLIPWAY" run clean-tag --tag v9.9.9
	[ "$status" -eq 1 ]
	[[ $output == *'berths/__init__.py says 1.4.0'* ]]
	run "$SLIPWAY" list --tag release-1
	is_in clean-tag
	is_out publish
}

@test "quality-gates: it also runs in place, inside a larger repository" {
	mkdir big && cd big
	cp -r "$root/examples/quality-gates" service
	rm -rf service/.slipway
	echo 'one: { script: [exit 7] }' >.gitlab-ci.yml
	git init -q .
	git add -A
	git commit -qm 'First'
	cd service
	run "$SLIPWAY" run lint
	echo "$output"
	[ "$status" -eq 0 ]
	[ -d .slipway ]
	[ ! -e ../.slipway ]
}

@test "monorepo: nine stages and three child pipelines succeed" {
	example monorepo
	run "$SLIPWAY" run
	echo "$output"
	[ "$status" -eq 0 ]
	local out=$BATS_TEST_TMPDIR/out
	"$SLIPWAY" artifacts --extract "$out"
	grep -rq '<h1>3 parcels, 7.5 kg, 43.00</h1>' "$(find "$out" -name board.html | head -n 1)"
}

@test "monorepo: only the components that changed get their pipeline" {
	example monorepo
	echo '// a note' >>depot/main.go
	git commit -qam 'Touch the depot'
	run "$SLIPWAY" list --changed-since HEAD~1
	echo "$output"
	[ "$status" -eq 0 ]
	is_in depot
	is_in vet
	is_out tariff
	is_out board
	is_out bandit
	run "$SLIPWAY" explain tariff --changed-since HEAD~1
	[[ $output == *tariff* ]]
}

@test "monorepo: a failing child pipeline fails its trigger job and the run" {
	example monorepo
	sed -i 's/load.Parcels++/load.Parcels += 2/' depot/main.go
	run "$SLIPWAY" run depot
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *TestALoadIsTheSumOfItsParcels* ]]
}
