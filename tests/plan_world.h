/* plan_world.h - plan a `.gitlab-ci.yml` given as text, with facts given as words.
 *
 * Facts: "branch=main tag=v1 event=merge_request target=main changes=a,b files=x,y
 * since=c,d before=SHA remote=URL var:NAME=VALUE", blank separated; the branch is "main" and no changes are known
 * unless said otherwise.
 */
#ifndef TESTS_PLAN_WORLD_H
#define TESTS_PLAN_WORLD_H

#include "gitlab/gitlab.h"
#include "memory_reader.h"
#include "os/hash.h"

#include <stdio.h>

struct plan_world {
	struct arena a;
	struct memory memory;
	struct gitlab_reader reader;
	struct diags diags;
	struct facts facts;
	struct gitlab_request req;
	struct pipeline *p;
	struct str_vec since; /* what differs from every ref but "nowhere" */
	int code;
};

static inline void plan_words(struct arena *a, str list, struct str_vec *ret)
{
	while (list.n)
		vec_add(a, ret, str_cut(&list, ','));
}

static inline void plan_fact(struct plan_world *w, str key, str value)
{
	struct facts *f = &w->facts;
	bool known;

	if (str_eq(key, STR("branch"))) {
		f->branch = f->ref_name = value;
	} else if (str_eq(key, STR("tag"))) {
		f->tag = f->ref_name = value;
		f->branch = str_null;
		f->event = EVENT_TAG;
	} else if (str_eq(key, STR("event"))) {
		known = event_parse(value, &f->event);
		MUST(known);
	} else if (str_eq(key, STR("target"))) {
		f->target_branch = value;
	} else if (str_eq(key, STR("changes"))) {
		f->changes_known = true;
		plan_words(&w->a, value, &f->changes);
	} else if (str_eq(key, STR("since"))) {
		plan_words(&w->a, value, &w->since);
	} else if (str_eq(key, STR("before"))) {
		f->before_sha = value;
	} else if (str_eq(key, STR("remote"))) {
		f->remote_url = value;
	} else if (str_eq(key, STR("files"))) {
		plan_words(&w->a, value, &f->files);
	} else {
		known = str_starts_with(key, STR("var:"));
		MUST(known);
		vec_add(&w->a, &w->req.variables, (struct job_var){ .key = str_from(key, 4), .value = value });
	}
}

static inline void plan_digest(enum hash_kind kind, const void *p, size_t n, unsigned char *ret, size_t nr)
{
	char hex[HASH_HEX_MAX];
	struct err err;
	int code = hash_hex(kind, (str){ p, n }, hex, &err);

	MUST(code == 0);
	for (size_t i = 0; i < nr; i++) {
		unsigned v = 0;

		code = sscanf(hex + 2 * i, "%2x", &v);
		MUST(code == 1);
		ret[i] = (unsigned char)v;
	}
}

static inline void plan_sha1(const void *p, size_t n, unsigned char ret[20])
{
	plan_digest(HASH_SHA1, p, n, ret, 20);
}

static inline void plan_sha256(const void *p, size_t n, unsigned char ret[32])
{
	plan_digest(HASH_SHA256, p, n, ret, 32);
}

/* A file's blob id is its name between brackets. */
static inline str plan_blob_id(void *ctx UNUSED, struct arena *a, str path)
{
	return arena_printf(a, "<" STR_FMT ">", STR_ARG(path));
}

static inline int plan_changes_since(void *ctx, struct arena *a, str ref, struct str_vec *ret,
				     struct err *err)
{
	const struct plan_world *w = ctx;

	if (str_eq(ref, STR("nowhere")))
		return err_set(err, ERR_NOT_FOUND, "there is no nowhere");
	for (size_t i = 0; i < w->since.nr; i++)
		vec_add(a, ret, w->since.at[i]);
	return 0;
}

static inline struct plan_world *plan_world_new(const char *yaml, const char *facts)
{
	struct plan_world *w = mem_zalloc(1, sizeof(*w));
	str rest = str_of(facts), text = str_of(yaml);

	arena_init(&w->a, 0);
	if (!str_starts_with(text, STR("=== ")))
		text = arena_printf(&w->a, "=== .gitlab-ci.yml\n%s", yaml);
	memory_fill(&w->memory, text);
	w->reader = (struct gitlab_reader){ &w->memory, memory_read, memory_list };
	diags_init(&w->diags, &w->a);
	w->facts = (struct facts){ .event = EVENT_PUSH,
				   .sha = STR("1234567890123456789012345678901234567890"),
				   .branch = STR("main"),
				   .ref_name = STR("main"),
				   .default_branch = STR("main"),
				   .title = STR("A title"),
				   .remote_url = STR("git@gitlab.example.com:group/sub/app.git"),
				   .project_dir = STR("/p/app"),
				   .user_login = STR("ada"),
				   .pipeline_id = 7,
				   .pipeline_iid = 7 };
	while (rest.n) {
		str word = str_cut(&rest, ' '), key = str_cut(&word, '=');

		plan_fact(w, key, word);
	}
	w->req.arena = &w->a;
	w->req.diags = &w->diags;
	w->req.reader = &w->reader;
	w->req.facts = &w->facts;
	w->req.path = STR(".gitlab-ci.yml");
	w->req.ctx = w;
	w->req.changes_since = plan_changes_since;
	w->req.blob_id = w->req.commit_id = plan_blob_id;
	w->req.sha1 = plan_sha1;
	w->req.sha256 = plan_sha256;
	w->code = gitlab_plan(&w->req, &w->p);
	return w;
}

static inline void plan_world_free(struct plan_world *w)
{
	arena_release(&w->a);
	mem_free(w);
}

/* "a b:manual c:delayed? d<a" - what is in, in order; `?` may fail, `<` what it needs. */
static inline str plan_text(struct plan_world *w)
{
	struct buf b = BUF_INIT;
	str s;

	for (size_t i = 0; w->p && i < w->p->jobs.nr; i++) {
		const struct job *j = w->p->jobs.at[i];

		if (!j->included)
			continue;
		buf_addf(&b, "%s" STR_FMT, b.n ? "|" : "", STR_ARG(j->name));
		if (j->when != WHEN_ON_SUCCESS)
			buf_addf(&b, ":%s", job_when_name(j->when));
		if (j->allow_failure)
			buf_addc(&b, '?');
		if (j->has_needs)
			buf_addc(&b, '<');
		for (size_t k = 0, nr = 0; k < j->needs.nr; k++)
			for (size_t m = 0; m < j->needs.at[k].nr_jobs; m++)
				buf_addf(&b, "%s" STR_FMT, nr++ ? "," : "",
					 STR_ARG(w->p->jobs.at[j->needs.at[k].jobs[m]]->name));
	}
	if (w->p && !w->p->created)
		buf_addf(&b, "(none: " STR_FMT ")", STR_ARG(w->p->why.text));
	for (size_t i = 0; i < w->diags.nr; i++)
		if (w->diags.at[i].level == DIAG_ERROR)
			buf_addf(&b, "%s!%u:%u: " STR_FMT, b.n ? "|" : "", w->diags.at[i].pos.line,
				 w->diags.at[i].pos.col, STR_ARG(w->diags.at[i].message));
	s = arena_str(&w->a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* "LINE: message|…" of all warnings. */
static inline str plan_warnings(struct plan_world *w)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	for (size_t i = 0; i < w->diags.nr; i++)
		if (w->diags.at[i].level == DIAG_WARNING)
			buf_addf(&b, "%s%u: " STR_FMT, b.n ? "|" : "", w->diags.at[i].pos.line,
				 STR_ARG(w->diags.at[i].message));
	return arena_str(&w->a, buf_str(&b));
}

static inline const struct job *plan_job(struct plan_world *w, const char *name)
{
	const struct job *j = w->p ? pipeline_find_job(w->p, str_of(name)) : NULL;

	MUST(j);
	return j;
}

/* The value a variable has in the running job. */
static inline str plan_variable(struct plan_world *w, const char *job, const char *key)
{
	struct job_var_vec v = { 0 };

	w->p->variables_of(&w->a, w->p, plan_job(w, job), &v);
	return job_var_get(&v, str_of(key));
}

#endif
