#include "local/select.h"

#include <string.h>

struct selecting {
	struct arena *a;
	const struct pipeline *p;
	bool *in; /* by job index */
};

static int unknown(const struct pipeline *p, struct arena *a, const char *what, str name,
		   struct err *err)
{
	bool stage = str_eq(str_of(what), STR("stage"));
	size_t nr = stage ? p->stages.nr : p->jobs.nr;
	str *names = arena_array(a, str, nr), near;

	for (size_t i = 0; i < nr; i++)
		names[i] = stage ? p->stages.at[i] : p->jobs.at[i]->group;
	near = str_nearest(name, names, nr);
	if (str_is_null(near))
		return err_set(err, ERR_INVALID,
			       "there is no %s \"" STR_FMT "\"; `slipway list` shows what there is",
			       what, STR_ARG(name));
	return err_set(err, ERR_INVALID,
		       "there is no %s \"" STR_FMT "\"; did you mean \"" STR_FMT "\"?", what,
		       STR_ARG(name), STR_ARG(near));
}

static bool is_named(const struct job *job, str name)
{
	return str_eq(job->name, name) || str_eq(job->group, name);
}

/* Everything a job waits for: its needs, or all jobs of earlier stages. */
static void add_needs(struct selecting *s)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < s->p->jobs.nr; i++) {
			const struct job *job = s->p->jobs.at[i];

			if (!s->in[i])
				continue;
			for (size_t k = 0; k < job->needs.nr; k++)
				for (size_t m = 0; m < job->needs.at[k].nr_jobs; m++) {
					size_t need = job->needs.at[k].jobs[m];

					more |= !s->in[need];
					s->in[need] = true;
				}
			for (size_t k = 0; !job->has_needs && k < s->p->jobs.nr; k++) {
				const struct job *other = s->p->jobs.at[k];

				if (s->in[k] || !other->included || other->stage >= job->stage ||
				    other->when == WHEN_MANUAL)
					continue;
				s->in[k] = more = true;
			}
		}
	}
}

static int mark_names(struct selecting *s, const struct selection *sel, struct err *err)
{
	for (size_t i = 0; i < sel->jobs->nr; i++) {
		bool found = false;

		for (size_t k = 0; k < s->p->jobs.nr; k++)
			if (is_named(s->p->jobs.at[k], sel->jobs->at[i]))
				s->in[k] = found = true;
		if (!found)
			return unknown(s->p, s->a, "job", sel->jobs->at[i], err);
	}
	for (size_t i = 0; i < sel->stages->nr; i++) {
		bool found = false;

		for (size_t k = 0; k < s->p->stages.nr; k++)
			found |= str_eq(s->p->stages.at[k], sel->stages->at[i]);
		if (!found)
			return unknown(s->p, s->a, "stage", sel->stages->at[i], err);
		for (size_t k = 0; k < s->p->jobs.nr; k++)
			if (s->p->jobs.at[k]->included &&
			    str_eq(s->p->stages.at[s->p->jobs.at[k]->stage], sel->stages->at[i]))
				s->in[k] = true;
	}
	return 0;
}

static int check_manual(struct selecting *s, const struct selection *sel, struct err *err)
{
	for (size_t i = 0; i < sel->manual->nr; i++) {
		bool found = false;

		for (size_t k = 0; k < s->p->jobs.nr && !found; k++)
			found = is_named(s->p->jobs.at[k], sel->manual->at[i]);
		if (!found)
			return unknown(s->p, s->a, "job", sel->manual->at[i], err);
	}
	return 0;
}

/* Drop what is not selected from a job's needs; the original stays as it is. */
static void filter_needs(struct selecting *s, struct job *job)
{
	struct need *needs = arena_array(s->a, struct need, job->needs.nr);

	if (job->needs.nr)
		memcpy(needs, job->needs.at, job->needs.nr * sizeof(*needs));
	for (size_t i = 0; i < job->needs.nr; i++) {
		size_t kept = 0, *jobs = arena_array(s->a, size_t, needs[i].nr_jobs);

		for (size_t k = 0; k < needs[i].nr_jobs; k++)
			if (s->in[needs[i].jobs[k]])
				jobs[kept++] = needs[i].jobs[k];
		needs[i].jobs = jobs;
		needs[i].nr_jobs = kept;
	}
	job->needs.at = needs;
}

static struct job *selected_job(struct selecting *s, const struct selection *sel, size_t index,
				struct str_vec *ret_notes)
{
	const struct job *was = s->p->jobs.at[index];
	struct job *job = arena_new(s->a, struct job);
	bool named = false;

	*job = *was;
	job->included = s->in[index];
	if (!job->included)
		return job;
	filter_needs(s, job);
	for (size_t i = 0; i < sel->jobs->nr; i++)
		named |= is_named(was, sel->jobs->at[i]);
	if (!was->included)
		vec_add(s->a, ret_notes,
			arena_printf(s->a,
				     "%.*s is not in this pipeline (" STR_FMT
				     "); it runs because it was named",
				     STR_ARG(was->name), STR_ARG(was->why.text)));
	/* Naming a job is the click that a manual one waits for. */
	if (named && (job->when == WHEN_MANUAL || job->when == WHEN_DELAYED ||
		      job->when == WHEN_NEVER || job->when == WHEN_ON_FAILURE))
		job->when = WHEN_ON_SUCCESS;
	return job;
}

int select_jobs(struct arena *a, const struct pipeline *p, const struct selection *sel,
		struct pipeline **ret, struct str_vec *ret_notes, struct err *err)
{
	struct selecting s = { .a = a, .p = p, .in = arena_array(a, bool, p->jobs.nr) };
	struct pipeline *part = arena_new(a, struct pipeline);

	if (check_manual(&s, sel, err) < 0)
		return -1;
	*part = *p;
	*ret = part;
	if (sel->jobs->nr == 0 && sel->stages->nr == 0)
		return 0;
	if (mark_names(&s, sel, err) < 0)
		return -1;
	if (sel->needs)
		add_needs(&s);
	memset(&part->jobs, 0, sizeof(part->jobs));
	part->nr_included = 0;
	for (size_t i = 0; i < p->jobs.nr; i++) {
		vec_add(a, &part->jobs, selected_job(&s, sel, i, ret_notes));
		part->nr_included += s.in[i];
	}
	part->created = part->nr_included > 0;
	return part->created
		       ? 0
		       : err_set(err, ERR_INVALID, "the selection holds no job of this pipeline");
}
