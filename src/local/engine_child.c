/* engine_child.c - jobs with `trigger:`: child pipelines and those of other projects. */
#include "local/engine_int.h"

#include "exec/archive.h"
#include "os/file.h"
#include "os/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

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

/* A whole child file that a job generated. */
static const struct node *artifact_content(struct task *t, const struct trigger_include *inc,
					   struct diags *d)
{
	CLEANUP(buf_release) struct buf text = { .max = CHILD_FILE_MAX + 1 };
	struct arena *a = t->flow->engine->a;
	const struct source *src;
	struct node **docs;
	struct err err;
	size_t nr;

	if (read_artifact(t, inc, &text, &err) < 0) {
		diag_error(d, inc->pos, "%s", err.msg);
		return NULL;
	}
	src = source_new(a,
			 arena_printf(a, STR_FMT " (artifact of " STR_FMT ")",
				      STR_ARG(inc->artifact), STR_ARG(inc->job)),
			 arena_str(a, buf_str(&text)), inc->pos);
	if (node_parse_yaml(a, src, &node_yaml11, &docs, &nr, d) < 0)
		return NULL;
	return nr ? docs[nr - 1] : NULL;
}

/* {include: [what the trigger lists]}, or the artifact's own content. */
static const struct node *child_content(struct task *t, struct diags *d)
{
	const struct trigger *tr = t->job->trigger;
	struct arena *a = t->flow->engine->a;
	struct node **list = arena_array(a, struct node *, tr->includes.nr), *map;

	for (size_t i = 0; i < tr->includes.nr; i++) {
		if (!str_is_null(tr->includes.at[i].artifact))
			return artifact_content(t, &tr->includes.at[i], d);
		list[i] = arena_new(a, struct node);
		*list[i] = *tr->includes.at[i].node;
	}
	map = node_new_map(a, tr->includes.at[0].pos);
	node_set(a, map,
		 (struct node_entry){
			 .key = STR("include"),
			 .key_pos = tr->includes.at[0].pos,
			 .value = node_new_seq(a, tr->includes.at[0].pos, list, tr->includes.nr) });
	return map;
}

/* forward: the file's variables as the trigger job sees them, and what was given. */
static void forwarded(struct task *t, struct job_var_vec *ret)
{
	const struct trigger *tr = t->job->trigger;
	struct arena *a = t->flow->engine->a;
	struct job_var_vec all = { 0 };

	t->flow->p->variables_of(a, t->flow->p, t->job, &all);
	for (size_t i = 0; i < all.nr; i++) {
		const struct job_var *v = &all.at[i];
		bool yaml = v->from_file && tr->forward_yaml,
		     given = v->given && tr->forward_pipeline;

		if (yaml || given)
			vec_add(a, ret, *v);
	}
}

static int plan_child(struct task *t, const struct project **ret_project, struct pipeline **ret)
{
	struct engine *e = t->flow->engine;
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	struct plan_request req = { .child_depth = t->flow->depth + 1 };
	struct project *child = arena_new(e->a, struct project);
	struct diags d;

	diags_init(&d, e->a);
	req.diags = &d;
	*child = *t->flow->project;
	child->facts.event = EVENT_PARENT_PIPELINE;
	req.content = child_content(t, &d);
	req.inputs = t->job->trigger->inputs;
	forwarded(t, &req.variables);
	if (!req.content || project_plan(child, &req, ret) < 0) {
		diags_render(&d, &out, false);
		return fail(t, arena_printf(&t->arena, "the child pipeline cannot be planned:\n%s",
					    out.p ? out.p : ""));
	}
	if (!(*ret)->created)
		return fail(t, arena_printf(&t->arena, "the child pipeline has no jobs: " STR_FMT,
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
		fail(t, arena_printf(&t->arena, "child pipelines may be nested %d deep",
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
