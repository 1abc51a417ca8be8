/* engine_child.c - jobs with `trigger:`: child pipelines and those of other projects. */
#include "local/engine_int.h"

#include "exec/archive.h"
#include "os/file.h"
#include "os/tree.h"
#include "plan/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define CHILD_ID_STEP	  1000000
#define CHILD_DEPTH_MAX	  2
#define CHILD_FILE_MAX	  ((size_t)2 << 20)

static int fail(struct task *t, str message)
{
	task_finish(t, FAIL_SCHEDULER, message);
	return -1;
}

/* The text of a file among a job's artifacts. */
static int read_artifact(struct task *t, const struct trigger_include *inc, struct buf *ret,
			 struct err *err)
{
	struct engine *e = t->flow->engine;
	const struct job *job = pipeline_find_job(t->flow->p, inc->job);
	struct task *from = job ? t->flow->task[job->index] : NULL;
	str archive, dir;
	struct archive_stats stats;
	int root, in, fd, code = -1;

	if (!from || !task_record(e, from)->has_archive)
		return err_set(err, ERR_NOT_FOUND,
			       "job \"" STR_FMT "\" has no artifacts to take " STR_FMT " from",
			       STR_ARG(inc->job), STR_ARG(inc->artifact));
	archive = arena_printf(&t->arena, "%s/runs/%llu/" STR_FMT "/artifacts.tar.zst",
			       e->req->state->dir, (unsigned long long)e->record.run,
			       STR_ARG(task_record(e, from)->out));
	dir = arena_printf(&t->arena, "work/%llu/child-%zu-%u", (unsigned long long)e->record.run,
			   t->record, t->attempt);
	if (dir_make(e->req->state->fd, dir.p, 0700, err) < 0)
		return -1;
	root = dir_open(e->req->state->fd, dir.p, err);
	if (root < 0)
		return -1;
	in = open(archive.p, O_RDONLY | O_CLOEXEC);
	if (in < 0) {
		err_sys(err, errno, "cannot open %s", archive.p);
	} else if (archive_extract(in, root, &(struct archive_options){ 0 }, &stats, err) == 0) {
		fd = file_open_beneath_no_links(root, arena_cstr(&t->arena, inc->artifact),
						O_RDONLY, 0, err);
		if (fd >= 0) {
			code = fd_read_all(fd, CHILD_FILE_MAX, ret, err);
			fd_close(&fd);
		}
	}
	fd_close(&in);
	fd_close(&root);
	if (tree_remove(e->req->state->fd, dir.p, &(struct err){ 0 }) < 0)
		engine_note(e, "%s could not be removed", dir.p);
	return code;
}

/* The project's reader, and before it the files that jobs of the parent made. */
struct child_reader {
	struct gitlab_reader base;
	const struct gitlab_reader *under;
	VEC(struct gitlab_file) made;
};

static int child_read(void *ctx, struct arena *a, const struct gitlab_file_request *req,
		      struct gitlab_file *ret, struct err *err)
{
	const struct child_reader *r = ctx;

	for (size_t i = 0; i < r->made.nr; i++)
		if (req->kind == INCLUDE_LOCAL && str_eq(r->made.at[i].name, req->path)) {
			*ret = r->made.at[i];
			ret->origin = req->origin;
			return 0;
		}
	return r->under->read(r->under->ctx, a, req, ret, err);
}

static int child_list(void *ctx, struct arena *a, const struct gitlab_origin *origin,
		      struct str_vec *ret, struct err *err)
{
	const struct child_reader *r = ctx;

	return r->under->list(r->under->ctx, a, origin, ret, err);
}

static struct child_reader *child_reader_new(struct arena *a, const struct gitlab_reader *under)
{
	struct child_reader *r = arena_new(a, struct child_reader);

	r->base = (struct gitlab_reader){ .ctx = r, .read = child_read, .list = child_list };
	r->under = under;
	return r;
}

/* Takes the file out of the job's artifacts; *ret_path is what to include it as. */
static bool add_artifact(struct task *t, const struct trigger_include *written,
			 struct child_reader *r, str *ret_path, struct diags *d)
{
	CLEANUP(buf_release) struct buf text = { .max = CHILD_FILE_MAX + 1 };
	struct arena *a = t->flow->engine->a;
	struct trigger_include inc = *written;
	struct err err;

	inc.job = scope_expand(t->job->scope, a, inc.job, true);
	inc.artifact = scope_expand(t->job->scope, a, inc.artifact, true);
	if (read_artifact(t, &inc, &text, &err) < 0) {
		diag_error(d, inc.pos, "%s", err.msg);
		return false;
	}
	*ret_path = arena_printf(a, "artifact of " STR_FMT ": " STR_FMT, STR_ARG(inc.job),
				 STR_ARG(inc.artifact));
	vec_add(a, &r->made,
		(struct gitlab_file){ .name = *ret_path, .text = arena_str(a, buf_str(&text)) });
	return true;
}

static bool is_url(str s)
{
	return str_starts_with(s, STR("http://")) || str_starts_with(s, STR("https://"));
}

static void put(struct arena *a, struct node *map, const char *key, struct node *value)
{
	node_set(a, map,
		 (struct node_entry){ .key = str_of(key), .key_pos = map->pos, .value = value });
}

/* One entry of trigger:include as `include` takes it; NULL when that failed. */
static struct node *child_include(struct task *t, const struct trigger_include *inc,
				  struct child_reader *r, struct diags *d)
{
	struct arena *a = t->flow->engine->a;
	struct node *map = node_new_map(a, inc->pos);
	const struct node *inputs = t->job->trigger->inputs, *n = inc->node;
	str path;

	if (n->kind == NODE_STR) {
		path = scope_expand(t->job->scope, a, n->text, true);
		put(a, map, is_url(path) ? "remote" : "local", node_new_str(a, inc->pos, path));
	}
	for (size_t i = 0; n->kind == NODE_MAP && i < n->map.nr; i++)
		if (!str_eq(n->map.at[i].key, STR("artifact")) &&
		    !str_eq(n->map.at[i].key, STR("job")))
			node_set(a, map, n->map.at[i]);
	if (!str_is_null(inc->artifact)) {
		if (!add_artifact(t, inc, r, &path, d))
			return NULL;
		put(a, map, "local", node_new_str(a, inc->pos, path));
	}
	/* What is passed to the child as a whole is for each file that says no other. */
	if (inputs && !node_get(map, STR("inputs")))
		put(a, map, "inputs", (struct node *)(uintptr_t)inputs);
	return map;
}

/* {include: [what the trigger lists]}. */
static const struct node *child_content(struct task *t, struct child_reader *r, struct diags *d)
{
	const struct trigger *tr = t->job->trigger;
	struct arena *a = t->flow->engine->a;
	struct node **list = arena_array(a, struct node *, tr->includes.nr), *map;

	for (size_t i = 0; i < tr->includes.nr; i++) {
		list[i] = child_include(t, &tr->includes.at[i], r, d);
		if (!list[i])
			return NULL;
	}
	map = node_new_map(a, tr->includes.at[0].pos);
	put(a, map, "include", node_new_seq(a, map->pos, list, tr->includes.nr));
	return map;
}

/* forward: what the file defines, its texts in terms of all that the trigger job knows
 * (`ENV: $ENV` hands on a given ENV), and, when asked for, what was given. */
static void forwarded(struct task *t, struct job_var_vec *ret)
{
	const struct trigger *tr = t->job->trigger;
	struct arena *a = t->flow->engine->a;
	struct scope_layer reports = { 0 };
	struct scope s = *t->job->scope;

	/* Reports stand above the file's variables and below the given ones. */
	MUST(s.nr > 0 && s.nr < SCOPE_LAYERS_MAX);
	task_dotenv(t, &reports.vars);
	s.layer[s.nr] = s.layer[s.nr - 1];
	s.layer[s.nr - 1] = &reports;
	s.nr++;
	for (size_t i = 0; i < s.nr; i++) {
		const struct job_var_vec *vars = s.layer[i] ? &s.layer[i]->vars : NULL;
		bool report = s.layer[i] == &reports;

		for (size_t k = 0; vars && k < vars->nr; k++) {
			struct job_var v = vars->at[k];

			if (v.from_file ? !tr->forward_yaml
					: !(v.given || report) || !tr->forward_pipeline)
				continue;
			if (!v.raw)
				v.value = scope_expand(&s, a, v.value, false);
			vec_add(a, ret, v);
		}
	}
}

/* "FILE:LINE:COL: message; …": the errors on one line, for the job's message. */
static str errors_text(struct arena *a, const struct diags *d)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	for (size_t i = 0; i < d->nr; i++) {
		if (d->at[i].level != DIAG_ERROR)
			continue;
		buf_addz(&b, b.n ? "; " : "");
		if (d->at[i].pos.src) {
			pos_add(&b, d->at[i].pos);
			buf_addz(&b, ": ");
		}
		buf_adds(&b, d->at[i].message);
		if (!str_is_null(d->at[i].hint))
			buf_addf(&b, " (" STR_FMT ")", STR_ARG(d->at[i].hint));
	}
	return arena_str(a, buf_str(&b));
}

static void tell_warnings(struct engine *e, const struct diags *d)
{
	for (size_t i = 0; i < d->nr; i++)
		if (d->at[i].level == DIAG_WARNING)
			engine_note(e, STR_FMT ": " STR_FMT, STR_ARG(pos_str(e->a, d->at[i].pos)),
				    STR_ARG(d->at[i].message));
}

static int plan_child(struct task *t, const struct project **ret_project, struct pipeline **ret)
{
	struct engine *e = t->flow->engine;
	struct plan_request req = { .child_depth = t->flow->depth + 1 };
	struct project *child = arena_new(e->a, struct project);
	struct child_reader *reader = child_reader_new(e->a, t->flow->project->reader);
	struct diags d;

	diags_init(&d, e->a);
	req.diags = &d;
	*child = *t->flow->project;
	child->reader = &reader->base;
	child->facts.event = EVENT_PARENT_PIPELINE;
	/* A pipeline of its own, and its jobs have ids of their own. */
	child->facts.pipeline_id = child->facts.pipeline_iid =
		e->record.run + CHILD_ID_STEP * (t->record + 1);
	req.content = child_content(t, reader, &d);
	forwarded(t, &req.variables);
	if (!req.content || project_plan(child, &req, ret) < 0)
		return fail(t, arena_printf(&t->arena,
					    "the child pipeline cannot be planned: " STR_FMT,
					    STR_ARG(errors_text(e->a, &d))));
	tell_warnings(e, &d);
	if (!(*ret)->created)
		return fail(t, arena_printf(&t->arena,
					    "downstream pipeline can not be created: " STR_FMT,
					    STR_ARG((*ret)->why.text)));
	*ret_project = child;
	return 0;
}

bool child_start(struct engine *e, struct task *t)
{
	const struct project *project;
	struct pipeline *p;

	if (!str_is_null(t->job->trigger->project)) {
		fail(t,
		     arena_printf(&t->arena,
				  "the pipeline of project " STR_FMT " is not run by a local run; "
				  "run it there, or leave this job out",
				  STR_ARG(t->job->trigger->project)));
		return true;
	}
	if (t->flow->depth >= CHILD_DEPTH_MAX) {
		fail(t, arena_printf(&t->arena,
				     "downstream pipeline can not be created: child pipelines "
				     "may be nested %d deep",
				     CHILD_DEPTH_MAX));
		return true;
	}
	if (plan_child(t, &project, &p) < 0)
		return true;
	engine_add_flow(e, project, p, t, t->flow->depth + 1);
	if (t->job->trigger->strategy != TRIGGER_NONE)
		return false;
	task_finish(t, FAIL_NONE, STR("child pipeline started"));
	return true;
}

void child_finished(struct engine *e, struct flow *child)
{
	struct task *t = child->parent;
	bool warnings;
	enum job_status status = sched_pipeline_status(child->s, &warnings);

	if (t->job->trigger->strategy == TRIGGER_NONE) {
		if (status != ST_SUCCESS)
			engine_note(e,
				    "the child pipeline of " STR_FMT
				    " ended %s; without strategy: depend that does not "
				    "count",
				    STR_ARG(t->job->name), job_status_name(status));
		return;
	}
	if (status == ST_SUCCESS || status == ST_SKIPPED)
		task_finish(t, FAIL_NONE, STR("child pipeline succeeded"));
	else if (status == ST_CANCELED)
		task_finish(t, FAIL_CANCELED, STR("child pipeline canceled"));
	else
		task_finish(t, FAIL_SCRIPT,
			    arena_printf(&t->arena, "child pipeline ended %s",
					 job_status_name(status)));
	t->result.started_us = task_record(e, t)->started_us;
	engine_task_done(e, t);
}
