/* pipeline_text.h - pipelines for tests, written as lines of text:
 *
 *	STAGE NAME[?][*WHEN] [: NEED NEED]
 *
 * Stages are in order of appearance; a line with a stage alone makes an empty
 * one.  `?` allows failure; `:` alone means `needs: []`; a need may name a group
 * of jobs ("x" for "x-1/2" and "x-2/2").  `!` before the name keeps the job out.
 */
#ifndef TESTS_PIPELINE_TEXT_H
#define TESTS_PIPELINE_TEXT_H

#include "plan/pipeline.h"

static size_t text_stage(struct arena *a, struct pipeline *p, str name)
{
	for (size_t i = 0; i < p->stages.nr; i++)
		if (str_eq(p->stages.at[i], name))
			return i;
	vec_add(a, &p->stages, name);
	return p->stages.nr - 1;
}

static void text_need(struct arena *a, const struct pipeline *p, struct job *j, str name)
{
	struct need n = { .name = name, .artifacts = true };

	n.jobs = arena_array(a, size_t, p->jobs.nr);
	for (size_t i = 0; i < p->jobs.nr; i++)
		if (str_eq(p->jobs.at[i]->name, name) || str_eq(p->jobs.at[i]->group, name))
			n.jobs[n.nr_jobs++] = i;
	MUST(n.nr_jobs > 0);
	vec_add(a, &j->needs, n);
}

static void text_job(struct arena *a, struct pipeline *p, str line)
{
	struct job *j = arena_new(a, struct job);
	str rest = line, head = str_cut(&rest, ':'), name;
	size_t stage = text_stage(a, p, str_cut(&head, ' '));
	bool known = true;

	head = str_trim(head);
	if (head.n == 0)
		return;
	name = str_trim(str_cut(&head, '*'));
	if (head.n > 0)
		known = job_when_parse(str_trim(head), &j->when);
	MUST(known);
	j->included = !str_starts_with(name, STR("!"));
	if (!j->included)
		name = str_from(name, 1);
	j->allow_failure = str_ends_with(name, STR("?"));
	if (j->allow_failure)
		name.n--;
	j->index = p->jobs.nr;
	j->name = j->spec.name = name;
	j->group = str_cut(&(str){ name.p, name.n }, '-');
	j->stage = stage;
	j->spec.stage = p->stages.at[stage];
	j->has_needs = !str_is_null(rest);
	for (rest = str_trim(rest); rest.n > 0;)
		text_need(a, p, j, str_cut(&rest, ' '));
	vec_add(a, &p->jobs, j);
	p->nr_included += j->included;
}

static struct pipeline *pipeline_of_text(struct arena *a, const char *text)
{
	struct pipeline *p = arena_new(a, struct pipeline);

	p->name = STR("");
	p->created = true;
	for (str rest = str_of(text); rest.n > 0;)
		text_job(a, p, str_cut(&rest, '\n'));
	return p;
}

#endif
