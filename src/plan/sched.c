#include "plan/sched.h"

/* Jobs with `needs` hold the set of what they need, and hear of each change from
 * their dependents list.  Jobs without are judged a stage at a time: a stage
 * whose lower stages hold a created job cannot be complete below, so only the
 * lowest stage with created jobs (the frontier) has to be looked at. */

enum { SET_WARNINGS = ST_NR, SET_IGNORED };

struct sched_job {
	enum job_status status, told; /* told: what the caller knows */
	bool allow_failure;
	bool queued;			    /* stands in `news` */
	uint32_t nr_dependents, dependents; /* slice of sched.edges */
	struct status_set *needs;	    /* NULL: waits for the lower stages */
};

struct sched_stage {
	struct status_set set;
	size_t jobs, nr_jobs; /* slice of sched.by_stage: jobs without needs */
	size_t nr_created;    /* of these */
};

struct sched {
	const struct pipeline *p;
	struct sched_job *job;
	struct sched_stage *stage;
	size_t *by_stage;
	uint32_t *edges;
	struct status_set all;
	size_t frontier;	 /* lowest stage with nr_created > 0, or nr of stages */
	struct status_set below; /* of all stages under the frontier */
	uint32_t *todo;		 /* jobs whose needs changed; each at most once */
	size_t nr_todo;
	bool *in_todo;
	uint32_t *news; /* a heap of job indices */
	size_t nr_news;
};

static const char *const names[ST_NR] = {
	[ST_CREATED] = "created",
	[ST_WAITING_FOR_RESOURCE] = "waiting_for_resource",
	[ST_PREPARING] = "preparing",
	[ST_PENDING] = "pending",
	[ST_RUNNING] = "running",
	[ST_SUCCESS] = "success",
	[ST_FAILED] = "failed",
	[ST_CANCELED] = "canceled",
	[ST_SKIPPED] = "skipped",
	[ST_MANUAL] = "manual",
	[ST_SCHEDULED] = "scheduled",
};

#define BIT(status) (1u << (status))
#define COMPLETE    (BIT(ST_SUCCESS) | BIT(ST_FAILED) | BIT(ST_CANCELED) | BIT(ST_SKIPPED))
#define UNDER_WAY                                                                       \
	(BIT(ST_PENDING) | BIT(ST_RUNNING) | BIT(ST_PREPARING) | BIT(ST_SCHEDULED) |    \
	 BIT(ST_WAITING_FOR_RESOURCE))

const char *job_status_name(enum job_status s)
{
	MUST((size_t)s < ST_NR);
	return names[s];
}

bool job_status_is_complete(enum job_status s)
{
	return (BIT(s) & COMPLETE) != 0;
}

void status_set_add(struct status_set *set, enum job_status s, bool allow_failure, int by)
{
	size_t slot = s;

	if (allow_failure && (s == ST_FAILED || s == ST_CANCELED))
		slot = SET_WARNINGS;
	else if (allow_failure && s == ST_MANUAL)
		slot = SET_IGNORED;
	MUST(by >= 0 || set->count[slot] >= (unsigned)-by);
	set->count[slot] += (unsigned)by;
}

static unsigned set_bits(const struct status_set *set)
{
	unsigned bits = 0;

	for (size_t i = 0; i < COUNT(set->count); i++)
		if (set->count[i])
			bits |= BIT(i);
	return bits;
}

/* One line of §2.7: the first whose condition holds decides. */
struct composite_rule {
	unsigned only; /* no other status is present, or */
	unsigned any;  /* one of these is */
	enum job_status result;
};

#define SKIPPED	 BIT(ST_SKIPPED)
#define SUCCESS	 BIT(ST_SUCCESS)
#define CREATED	 BIT(ST_CREATED)
#define WARNINGS BIT(SET_WARNINGS)
#define IGNORED	 BIT(SET_IGNORED)

static const struct composite_rule stage_rules[] = {
	{ .only = SKIPPED | IGNORED, .result = ST_SKIPPED },
	{ .only = SUCCESS | SKIPPED | WARNINGS | IGNORED, .result = ST_SUCCESS },
	{ .only = CREATED | WARNINGS | IGNORED, .result = ST_CREATED },
	{ .only = BIT(ST_PREPARING) | WARNINGS | IGNORED, .result = ST_PREPARING },
	{ .only = BIT(ST_CANCELED) | SUCCESS | SKIPPED | WARNINGS | IGNORED,
	  .result = ST_CANCELED },
	{ .only = BIT(ST_PENDING) | CREATED | SKIPPED | WARNINGS | IGNORED,
	  .result = ST_PENDING },
	{ .any = BIT(ST_RUNNING) | BIT(ST_PENDING), .result = ST_RUNNING },
	{ .any = BIT(ST_WAITING_FOR_RESOURCE), .result = ST_WAITING_FOR_RESOURCE },
	{ .any = BIT(ST_MANUAL), .result = ST_MANUAL },
	{ .any = BIT(ST_SCHEDULED), .result = ST_SCHEDULED },
	{ .any = BIT(ST_PREPARING), .result = ST_PREPARING },
	{ .any = CREATED, .result = ST_RUNNING },
};

enum job_status status_set_composite(const struct status_set *set, bool dag)
{
	unsigned bits = set_bits(set);

	if (!bits)
		return ST_SUCCESS;
	if (dag && (bits & (SKIPPED | IGNORED)))
		return ST_SKIPPED;
	if (dag && (bits & ~(COMPLETE | WARNINGS)))
		return ST_PENDING;
	for (size_t i = 0; i < COUNT(stage_rules); i++) {
		const struct composite_rule *r = &stage_rules[i];

		if (r->only ? !(bits & ~r->only) : (bits & r->any) != 0)
			return r->result;
	}
	return ST_FAILED;
}

/* What a created job becomes now that what it waited for ended as `before`. */
static enum job_status decide(const struct job *j, bool dag, enum job_status before)
{
	unsigned good = dag ? SUCCESS : SUCCESS | SKIPPED;

	switch (j->when) {
	case WHEN_ON_SUCCESS:
		return BIT(before) & good ? ST_PENDING : ST_SKIPPED;
	case WHEN_MANUAL:
		return BIT(before) & good ? ST_MANUAL : ST_SKIPPED;
	case WHEN_DELAYED:
		return BIT(before) & good ? ST_SCHEDULED : ST_SKIPPED;
	case WHEN_ON_FAILURE:
		return before == ST_FAILED ? ST_PENDING : ST_SKIPPED;
	case WHEN_ALWAYS:
		return before == ST_CANCELED ? ST_SKIPPED : ST_PENDING;
	case WHEN_NEVER:
		break;
	}
	return ST_SKIPPED;
}

/* --- the heap of news, lowest index on top --- */

static void news_push(struct sched *s, size_t job)
{
	size_t i = s->nr_news;

	if (s->job[job].queued)
		return;
	s->job[job].queued = true;
	s->nr_news++;
	for (; i > 0 && s->news[(i - 1) / 2] > job; i = (i - 1) / 2)
		s->news[i] = s->news[(i - 1) / 2];
	s->news[i] = (uint32_t)job;
}

static size_t news_pop(struct sched *s)
{
	uint32_t top = s->news[0], last = s->news[--s->nr_news];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < s->nr_news) {
		if (child + 1 < s->nr_news && s->news[child + 1] < s->news[child])
			child++;
		if (s->news[child] >= last)
			break;
		s->news[i] = s->news[child];
		i = child;
	}
	s->news[i] = last;
	s->job[top].queued = false;
	return top;
}

/* --- changes and what follows from them --- */

static void todo_push(struct sched *s, size_t job)
{
	if (s->in_todo[job])
		return;
	s->in_todo[job] = true;
	s->todo[s->nr_todo++] = (uint32_t)job;
}

static void move(struct status_set *set, const struct sched_job *from, const struct sched_job *to)
{
	status_set_add(set, from->status, from->allow_failure, -1);
	status_set_add(set, to->status, to->allow_failure, 1);
}

/* Changes a job's status in every set that counts it; judges nobody yet. */
static void change(struct sched *s, size_t job, enum job_status status, bool allow_failure)
{
	struct sched_job *j = &s->job[job], was = *j;
	size_t at = s->p->jobs.at[job]->stage;
	struct sched_stage *stage = &s->stage[at];

	if (j->status == status && j->allow_failure == allow_failure)
		return;
	j->status = status;
	j->allow_failure = allow_failure;
	move(&s->all, &was, j);
	move(&stage->set, &was, j);
	if (at < s->frontier)
		move(&s->below, &was, j);
	if (!j->needs) {
		stage->nr_created += status == ST_CREATED;
		stage->nr_created -= was.status == ST_CREATED;
	}
	for (uint32_t i = 0; i < j->nr_dependents; i++) {
		uint32_t d = s->edges[j->dependents + i];

		move(s->job[d].needs, &was, j);
		todo_push(s, d);
	}
	news_push(s, job);
}

static bool judge(struct sched *s, size_t job, const struct status_set *before, bool dag)
{
	enum job_status was = status_set_composite(before, dag);

	if (!job_status_is_complete(was))
		return false;
	change(s, job, decide(s->p->jobs.at[job], dag, was), s->job[job].allow_failure);
	return true;
}

static void frontier_advance(struct sched *s)
{
	while (s->frontier < s->p->stages.nr && s->stage[s->frontier].nr_created == 0) {
		const struct status_set *set = &s->stage[s->frontier].set;

		for (size_t i = 0; i < COUNT(set->count); i++)
			s->below.count[i] += set->count[i];
		s->frontier++;
	}
}

/* After a stage below the frontier has created jobs again. */
static void frontier_restart(struct sched *s)
{
	s->frontier = 0;
	s->below = (struct status_set){ 0 };
	frontier_advance(s);
}

/* Judges the jobs of the frontier's stage; true if that changed anything. */
static bool frontier_judge(struct sched *s)
{
	const struct sched_stage *st;

	frontier_advance(s);
	if (s->frontier == s->p->stages.nr ||
	    !job_status_is_complete(status_set_composite(&s->below, false)))
		return false;
	st = &s->stage[s->frontier];
	for (size_t i = 0; i < st->nr_jobs; i++) {
		size_t job = s->by_stage[st->jobs + i];

		if (s->job[job].status == ST_CREATED) {
			bool judged = judge(s, job, &s->below, false);

			/* What is below cannot change while its jobs are judged. */
			MUST(judged);
		}
	}
	return true;
}

/* Judges everybody whom the changes so far concern, until nothing changes. */
static void settle(struct sched *s)
{
	do {
		while (s->nr_todo > 0) {
			size_t job = s->todo[--s->nr_todo];

			s->in_todo[job] = false;
			if (s->job[job].status == ST_CREATED)
				(void)judge(s, job, s->job[job].needs, true);
		}
	} while (frontier_judge(s));
}

/* --- building --- */

static bool job_exists(const struct sched *s, size_t job)
{
	return job < s->p->jobs.nr && s->p->jobs.at[job]->included;
}

/* Calls for each (job, needed job) pair of included jobs. */
static void for_each_need(struct sched *s, void (*fn)(struct sched *s, size_t job, size_t needed))
{
	for (size_t i = 0; i < s->p->jobs.nr; i++) {
		const struct job *j = s->p->jobs.at[i];

		if (!j->included || !j->has_needs)
			continue;
		for (size_t n = 0; n < j->needs.nr; n++)
			for (size_t k = 0; k < j->needs.at[n].nr_jobs; k++)
				if (job_exists(s, j->needs.at[n].jobs[k]))
					fn(s, i, j->needs.at[n].jobs[k]);
	}
}

static void count_edge(struct sched *s, size_t job, size_t needed)
{
	(void)job;
	MUST(s->job[needed].nr_dependents < UINT32_MAX);
	s->job[needed].nr_dependents++;
}

static void add_edge(struct sched *s, size_t job, size_t needed)
{
	struct sched_job *n = &s->job[needed];

	s->edges[n->dependents + n->nr_dependents++] = (uint32_t)job;
	status_set_add(s->job[job].needs, n->status, n->allow_failure, 1);
}

static void build_edges(struct arena *a, struct sched *s)
{
	uint64_t nr = 0;

	for_each_need(s, count_edge);
	for (size_t i = 0; i < s->p->jobs.nr; i++) {
		s->job[i].dependents = (uint32_t)nr;
		nr += s->job[i].nr_dependents;
		s->job[i].nr_dependents = 0;
	}
	MUST(nr < UINT32_MAX);
	s->edges = arena_array(a, uint32_t, (size_t)nr);
	for_each_need(s, add_edge);
}

static void build_stages(struct arena *a, struct sched *s)
{
	const struct pipeline *p = s->p;
	size_t at = 0;

	s->stage = arena_array(a, struct sched_stage, p->stages.nr);
	s->by_stage = arena_array(a, size_t, p->jobs.nr);
	for (size_t i = 0; i < p->jobs.nr; i++)
		if (p->jobs.at[i]->included && !s->job[i].needs)
			s->stage[p->jobs.at[i]->stage].nr_jobs++;
	for (size_t i = 0; i < p->stages.nr; i++) {
		s->stage[i].jobs = at;
		at += s->stage[i].nr_jobs;
		s->stage[i].nr_jobs = 0;
	}
	for (size_t i = 0; i < p->jobs.nr; i++) {
		const struct job *j = p->jobs.at[i];
		struct sched_stage *st;

		if (!j->included)
			continue;
		st = &s->stage[j->stage];
		status_set_add(&st->set, ST_CREATED, j->allow_failure, 1);
		status_set_add(&s->all, ST_CREATED, j->allow_failure, 1);
		if (!s->job[i].needs) {
			s->by_stage[st->jobs + st->nr_jobs++] = i;
			st->nr_created++;
		}
	}
}

struct sched *sched_new(struct arena *a, const struct pipeline *p)
{
	struct sched *s = arena_new(a, struct sched);

	MUST(p->jobs.nr < UINT32_MAX);
	s->p = p;
	s->job = arena_array(a, struct sched_job, p->jobs.nr);
	s->todo = arena_array(a, uint32_t, p->jobs.nr);
	s->in_todo = arena_array(a, bool, p->jobs.nr);
	s->news = arena_array(a, uint32_t, p->jobs.nr);
	for (size_t i = 0; i < p->jobs.nr; i++) {
		const struct job *j = p->jobs.at[i];

		MUST(!j->included || j->stage < p->stages.nr);
		s->job[i] = (struct sched_job){ .allow_failure = j->allow_failure };
		if (j->included && j->has_needs) {
			s->job[i].needs = arena_new(a, struct status_set);
			todo_push(s, i);
		}
	}
	build_edges(a, s);
	build_stages(a, s);
	settle(s);
	return s;
}

/* --- the questions and the reports --- */

enum job_status sched_status(const struct sched *s, size_t job)
{
	MUST(job_exists(s, job));
	return s->job[job].status;
}

bool sched_allows_failure(const struct sched *s, size_t job)
{
	MUST(job_exists(s, job));
	return s->job[job].allow_failure;
}

bool sched_next(struct sched *s, size_t *ret_job, enum job_status *ret_status)
{
	while (s->nr_news > 0) {
		size_t job = news_pop(s);
		struct sched_job *j = &s->job[job];

		if (j->told == j->status)
			continue;
		*ret_job = job;
		*ret_status = j->told = j->status;
		return true;
	}
	return false;
}

static bool may_become(enum job_status from, enum job_status to)
{
	if (BIT(from) & UNDER_WAY)
		return (BIT(to) & (UNDER_WAY | COMPLETE)) && to != ST_SCHEDULED && to != ST_SKIPPED;
	return (from == ST_CREATED || from == ST_MANUAL) &&
	       (to == ST_CANCELED || to == ST_WAITING_FOR_RESOURCE);
}

void sched_set(struct sched *s, size_t job, enum job_status status, bool allow_failure)
{
	MUST(job_exists(s, job));
	struct sched_job *j = &s->job[job];

	if (status == ST_CANCELED && job_status_is_complete(j->status))
		return;
	MUST(may_become(j->status, status));
	if (status != ST_PENDING)
		j->told = status;
	change(s, job, status, s->p->jobs.at[job]->allow_failure || allow_failure);
	settle(s);
}

static void recreate(struct sched *s, size_t job)
{
	if (s->job[job].status != ST_SKIPPED)
		return;
	change(s, job, ST_CREATED, s->job[job].allow_failure);
	if (s->job[job].needs)
		todo_push(s, job);
}

/* All that need `job`, directly or through others. */
static void recreate_dependents(struct sched *s, size_t job)
{
	bool *seen = mem_zalloc(s->p->jobs.nr, sizeof(*seen));
	uint32_t *queue = mem_zalloc(s->p->jobs.nr, sizeof(*queue));
	size_t nr = 0;

	seen[job] = true;
	queue[nr++] = (uint32_t)job;
	for (size_t at = 0; at < nr; at++) {
		const struct sched_job *j = &s->job[queue[at]];

		recreate(s, queue[at]);
		for (uint32_t i = 0; i < j->nr_dependents; i++) {
			uint32_t d = s->edges[j->dependents + i];

			if (!seen[d])
				queue[nr++] = d;
			seen[d] = true;
		}
	}
	mem_free(queue);
	mem_free(seen);
}

void sched_play(struct sched *s, size_t job)
{
	const struct pipeline *p = s->p;

	MUST(job_exists(s, job));
	MUST(s->job[job].status == ST_MANUAL || s->job[job].status == ST_SCHEDULED);
	change(s, job, ST_PENDING, p->jobs.at[job]->allow_failure);
	for (size_t i = 0; i < p->jobs.nr; i++)
		if (p->jobs.at[i]->included && p->jobs.at[i]->stage > p->jobs.at[job]->stage)
			recreate(s, i);
	recreate_dependents(s, job);
	frontier_restart(s);
	settle(s);
}

void sched_cancel(struct sched *s)
{
	for (size_t i = 0; i < s->p->jobs.nr; i++) {
		const struct sched_job *j = &s->job[i];

		if (!s->p->jobs.at[i]->included || job_status_is_complete(j->status) ||
		    j->status == ST_RUNNING || (j->status == ST_MANUAL && j->allow_failure))
			continue;
		change(s, i, ST_CANCELED, j->allow_failure);
	}
	settle(s);
}

enum job_status sched_stage_status(const struct sched *s, size_t stage)
{
	MUST(stage < s->p->stages.nr);
	return status_set_composite(&s->stage[stage].set, false);
}

enum job_status sched_pipeline_status(const struct sched *s, bool *ret_warnings)
{
	*ret_warnings = s->all.count[SET_WARNINGS] > 0;
	return status_set_composite(&s->all, false);
}

bool sched_is_idle(const struct sched *s)
{
	return !(set_bits(&s->all) & UNDER_WAY);
}
