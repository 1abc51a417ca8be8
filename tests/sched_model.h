/* sched_model.h - plan/sched.h again, slow and obvious, to compare with.
 *
 * Statuses in an array; after each step every created job is judged by looking
 * at all jobs, until nothing changes.  `sched_model_drive` makes a pipeline and
 * a history out of bytes and holds the real scheduler against the model; the
 * unit test feeds it random bytes, the fuzzer its own.
 */
#ifndef TESTS_SCHED_MODEL_H
#define TESTS_SCHED_MODEL_H

#include "plan/sched.h"

#define MODEL_JOBS   24
#define MODEL_STAGES 5
#define MODEL_NEEDS  4

struct model {
	const struct pipeline *p;
	enum job_status status[MODEL_JOBS];
	bool allow[MODEL_JOBS];
};

enum { M_WARNINGS = ST_NR, M_IGNORED };

static int model_mapped(const struct model *m, size_t job)
{
	enum job_status s = m->status[job];

	if (m->allow[job] && (s == ST_FAILED || s == ST_CANCELED))
		return M_WARNINGS;
	if (m->allow[job] && s == ST_MANUAL)
		return M_IGNORED;
	return (int)s;
}

static bool model_any(const int *set, size_t nr, int status)
{
	for (size_t i = 0; i < nr; i++)
		if (set[i] == status)
			return true;
	return false;
}

/* `list` ends with -1. */
static bool model_only(const int *set, size_t nr, const int *list)
{
	for (size_t i = 0; i < nr; i++) {
		bool found = false;

		for (size_t k = 0; list[k] >= 0; k++)
			found = found || list[k] == set[i];
		if (!found)
			return false;
	}
	return true;
}
#define MODEL_ONLY(...) model_only(set, nr, (const int[]){ __VA_ARGS__, -1 })
#define MODEL_ANY(s)	model_any(set, nr, (s))

static enum job_status model_composite(const int *set, size_t nr, bool dag)
{
	if (nr == 0)
		return ST_SUCCESS;
	if (dag && (MODEL_ANY(ST_SKIPPED) || MODEL_ANY(M_IGNORED)))
		return ST_SKIPPED;
	if (dag && !MODEL_ONLY(ST_SUCCESS, ST_FAILED, ST_CANCELED, ST_SKIPPED, M_WARNINGS))
		return ST_PENDING;
	if (MODEL_ONLY(ST_SKIPPED, M_IGNORED))
		return ST_SKIPPED;
	if (MODEL_ONLY(ST_SUCCESS, ST_SKIPPED, M_WARNINGS, M_IGNORED))
		return ST_SUCCESS;
	if (MODEL_ONLY(ST_CREATED, M_WARNINGS, M_IGNORED))
		return ST_CREATED;
	if (MODEL_ONLY(ST_PREPARING, M_WARNINGS, M_IGNORED))
		return ST_PREPARING;
	if (MODEL_ONLY(ST_CANCELED, ST_SUCCESS, ST_SKIPPED, M_WARNINGS, M_IGNORED))
		return ST_CANCELED;
	if (MODEL_ONLY(ST_PENDING, ST_CREATED, ST_SKIPPED, M_WARNINGS, M_IGNORED))
		return ST_PENDING;
	if (MODEL_ANY(ST_RUNNING) || MODEL_ANY(ST_PENDING))
		return ST_RUNNING;
	if (MODEL_ANY(ST_WAITING_FOR_RESOURCE))
		return ST_WAITING_FOR_RESOURCE;
	if (MODEL_ANY(ST_MANUAL))
		return ST_MANUAL;
	if (MODEL_ANY(ST_SCHEDULED))
		return ST_SCHEDULED;
	if (MODEL_ANY(ST_PREPARING))
		return ST_PREPARING;
	if (MODEL_ANY(ST_CREATED))
		return ST_RUNNING;
	return ST_FAILED;
}

static bool model_needs(const struct model *m, size_t job, size_t other)
{
	const struct job *j = m->p->jobs.at[job];

	for (size_t n = 0; n < j->needs.nr; n++)
		for (size_t k = 0; k < j->needs.at[n].nr_jobs; k++)
			if (j->needs.at[n].jobs[k] == other)
				return true;
	return false;
}

static enum job_status model_before(const struct model *m, size_t job)
{
	const struct job *j = m->p->jobs.at[job];
	int set[MODEL_JOBS];
	size_t nr = 0;

	for (size_t i = 0; i < m->p->jobs.nr; i++) {
		const struct job *o = m->p->jobs.at[i];

		if (o->included && (j->has_needs ? model_needs(m, job, i) : o->stage < j->stage))
			set[nr++] = model_mapped(m, i);
	}
	return model_composite(set, nr, j->has_needs);
}

static bool model_accepts(const struct job *j, enum job_status before)
{
	if (j->when == WHEN_ON_FAILURE)
		return before == ST_FAILED;
	if (j->when == WHEN_ALWAYS)
		return before == ST_SUCCESS || before == ST_FAILED || before == ST_SKIPPED;
	return before == ST_SUCCESS || (before == ST_SKIPPED && !j->has_needs);
}

static void model_settle(struct model *m)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < m->p->jobs.nr; i++) {
			const struct job *j = m->p->jobs.at[i];
			enum job_status before;

			if (!j->included || m->status[i] != ST_CREATED)
				continue;
			before = model_before(m, i);
			if (!job_status_is_complete(before))
				continue;
			again = true;
			m->status[i] = !model_accepts(j, before) ? ST_SKIPPED
				       : j->when == WHEN_MANUAL	 ? ST_MANUAL
				       : j->when == WHEN_DELAYED ? ST_SCHEDULED
								 : ST_PENDING;
		}
	}
}

static void model_init(struct model *m, const struct pipeline *p)
{
	*m = (struct model){ .p = p };
	MUST(p->jobs.nr <= MODEL_JOBS);
	for (size_t i = 0; i < p->jobs.nr; i++)
		m->allow[i] = p->jobs.at[i]->allow_failure;
	model_settle(m);
}

static void model_set(struct model *m, size_t job, enum job_status status, bool allow)
{
	if (status == ST_CANCELED && job_status_is_complete(m->status[job]))
		return;
	m->status[job] = status;
	m->allow[job] = allow || m->p->jobs.at[job]->allow_failure;
	model_settle(m);
}

static void model_play(struct model *m, size_t job)
{
	bool reset[MODEL_JOBS] = { false };

	reset[job] = true;
	for (size_t round = 0; round < MODEL_JOBS; round++)
		for (size_t i = 0; i < m->p->jobs.nr; i++)
			for (size_t k = 0; k < m->p->jobs.nr; k++)
				if (m->p->jobs.at[i]->included && m->p->jobs.at[i]->has_needs &&
				    m->p->jobs.at[k]->included && reset[k] && model_needs(m, i, k))
					reset[i] = true;
	for (size_t i = 0; i < m->p->jobs.nr; i++)
		if (m->status[i] == ST_SKIPPED &&
		    (reset[i] || m->p->jobs.at[i]->stage > m->p->jobs.at[job]->stage))
			m->status[i] = ST_CREATED;
	m->status[job] = ST_PENDING;
	m->allow[job] = m->p->jobs.at[job]->allow_failure;
	model_settle(m);
}

static void model_cancel(struct model *m)
{
	for (size_t i = 0; i < m->p->jobs.nr; i++)
		if (m->p->jobs.at[i]->included && !job_status_is_complete(m->status[i]) &&
		    m->status[i] != ST_RUNNING && model_mapped(m, i) != M_IGNORED)
			m->status[i] = ST_CANCELED;
}

/* --- a pipeline and a history out of bytes --- */

struct model_bytes {
	const uint8_t *p;
	size_t n;
};

static unsigned model_byte(struct model_bytes *b)
{
	if (b->n == 0)
		return 0;
	b->n--;
	return *b->p++;
}

static void model_add_needs(struct arena *a, struct model_bytes *b, struct job *j, size_t nr_jobs)
{
	unsigned nr = model_byte(b) % (MODEL_NEEDS + 1);

	j->has_needs = true;
	for (unsigned i = 0; i < nr; i++) {
		unsigned pick = model_byte(b);
		/* Mostly earlier jobs; now and then any, which may close a circle. */
		size_t of = pick % 16 == 0 ? nr_jobs : j->index;
		struct need n = { .name = STR("x"), .nr_jobs = 1 + (pick >> 7) };

		if (of == 0)
			continue;
		n.jobs = arena_array(a, size_t, n.nr_jobs);
		for (size_t k = 0; k < n.nr_jobs; k++)
			n.jobs[k] = (pick + k) % of;
		vec_add(a, &j->needs, n);
	}
}

static struct pipeline *model_pipeline(struct arena *a, struct model_bytes *b)
{
	static const enum job_when whens[] = { WHEN_ON_SUCCESS, WHEN_ON_SUCCESS, WHEN_ON_SUCCESS,
					       WHEN_ON_FAILURE, WHEN_ALWAYS,	 WHEN_MANUAL,
					       WHEN_MANUAL,	WHEN_DELAYED };
	struct pipeline *p = arena_new(a, struct pipeline);
	size_t nr_stages = 1 + model_byte(b) % MODEL_STAGES;
	size_t nr_jobs = 1 + model_byte(b) % MODEL_JOBS;

	for (size_t i = 0; i < nr_stages; i++)
		vec_add(a, &p->stages, STR("s"));
	for (size_t i = 0; i < nr_jobs; i++) {
		struct job *j = arena_new(a, struct job);
		unsigned flags = model_byte(b);

		j->index = i;
		j->name = arena_printf(a, "j%zu", i);
		j->stage = model_byte(b) % nr_stages;
		j->included = flags % 8 != 7;
		j->allow_failure = (flags >> 3) % 4 == 3;
		j->when = whens[flags >> 5];
		if (model_byte(b) % 2)
			model_add_needs(a, b, j, nr_jobs);
		vec_add(a, &p->jobs, j);
		p->nr_included += j->included;
	}
	return p;
}

static void model_compare(const struct model *m, struct sched *s, enum job_status *known)
{
	int all[MODEL_JOBS], stage[MODEL_JOBS];
	size_t nr = 0, job, last = 0;
	enum job_status status;
	bool warnings, idle = true;

	while (sched_next(s, &job, &status)) {
		MUST(job >= last);
		last = job;
		MUST(known[job] != status);
		known[job] = status;
	}
	for (size_t i = 0; i < m->p->jobs.nr; i++) {
		if (!m->p->jobs.at[i]->included)
			continue;
		MUST(sched_status(s, i) == m->status[i]);
		MUST(known[i] == m->status[i]);
		MUST(sched_allows_failure(s, i) == m->allow[i]);
		all[nr++] = model_mapped(m, i);
		switch (m->status[i]) {
		case ST_PENDING:
		case ST_RUNNING:
		case ST_PREPARING:
		case ST_SCHEDULED:
		case ST_WAITING_FOR_RESOURCE:
			idle = false;
			break;
		default:
			break;
		}
	}
	MUST(sched_is_idle(s) == idle);
	MUST(sched_pipeline_status(s, &warnings) == model_composite(all, nr, false));
	MUST(warnings == model_any(all, nr, M_WARNINGS));
	for (size_t k = 0; k < m->p->stages.nr; k++) {
		nr = 0;
		for (size_t i = 0; i < m->p->jobs.nr; i++)
			if (m->p->jobs.at[i]->included && m->p->jobs.at[i]->stage == k)
				stage[nr++] = model_mapped(m, i);
		MUST(sched_stage_status(s, k) == model_composite(stage, nr, false));
	}
}

/* One step of the history; false when the picked job cannot do what was picked. */
static bool model_step(struct model_bytes *b, struct model *m, struct sched *s,
		       enum job_status *known)
{
	static const enum job_status ends[] = { ST_RUNNING,
						ST_SUCCESS,
						ST_SUCCESS,
						ST_FAILED,
						ST_PENDING,
						ST_CANCELED,
						ST_WAITING_FOR_RESOURCE,
						ST_PREPARING };
	size_t job = model_byte(b) % m->p->jobs.nr;
	unsigned op = model_byte(b);
	enum job_status was = m->status[job], to = ends[op % COUNT(ends)];
	bool allow = op >= 0xe0 && to == ST_FAILED;

	if (op == 0xff) {
		sched_cancel(s);
		model_cancel(m);
		return true;
	}
	if (!m->p->jobs.at[job]->included)
		return false;
	if (op % 2 && (was == ST_MANUAL || was == ST_SCHEDULED)) {
		sched_play(s, job);
		model_play(m, job);
		return true;
	}
	if (job_status_is_complete(was) || was == ST_CREATED || was == ST_MANUAL)
		to = ST_CANCELED;
	if (to == ST_CANCELED && (op >> 3) % 4)
		return false;
	if (!job_status_is_complete(was) && to != ST_PENDING)
		known[job] = to;
	sched_set(s, job, to, allow);
	model_set(m, job, to, allow);
	return true;
}

static UNUSED void sched_model_drive(const uint8_t *data, size_t n)
{
	struct model_bytes b = { data, n };
	struct arena a;
	struct model m;
	struct sched *s;
	enum job_status known[MODEL_JOBS] = { ST_CREATED };

	arena_init(&a, 0);
	model_init(&m, model_pipeline(&a, &b));
	s = sched_new(&a, m.p);
	model_compare(&m, s, known);
	while (b.n > 0)
		if (model_step(&b, &m, s, known))
			model_compare(&m, s, known);
	arena_release(&a);
}

#endif
