/* engine_env.c - what dotenv reports tell the engine itself.
 *
 * `environment:url` may hold what the job itself found out and left in its report;
 * what nobody defines is empty, as in GitLab.  A trigger job's variables may name what
 * the jobs before it found out.
 */
#include "local/engine_int.h"

#include "exec/variables.h"
#include "fmt/dotenv.h"
#include "os/file.h"

#include <fcntl.h>

#define DOTENV_MAX ((size_t)1 << 20)

/* A report was read once already, when it was collected: trouble is not news. */
static void read_report(struct arena *a, const char *path, struct job_var_vec *ret)
{
	CLEANUP(buf_release) struct buf text = { .max = DOTENV_MAX };
	struct dotenv_vec entries = { 0 };
	struct err err;

	if (file_read(AT_FDCWD, path, DOTENV_MAX, &text, &err) < 0 ||
	    dotenv_parse(a, STR("dotenv"), arena_str(a, buf_str(&text)), &dotenv_limits_default,
			 &entries, &err) < 0)
		return;
	for (size_t i = 0; i < entries.nr; i++)
		vec_add(a, ret,
			(struct job_var){ .key = entries.at[i].key,
					  .value = entries.at[i].value,
					  .raw = true });
}

void task_dotenv(struct task *t, struct job_var_vec *ret)
{
	size_t nr;
	const struct exec_dependency *list = task_dependencies(t, &nr);

	for (size_t i = 0; i < nr; i++)
		if (!str_is_null(list[i].dotenv))
			read_report(t->flow->engine->a, list[i].dotenv.p, ret);
}

void task_find_environment(struct task *t)
{
	const struct environment *env = t->job->environment;
	struct job_var_vec report = { 0 };
	struct variables v;

	if (!env || str_is_null(env->url) || str_index(env->url, '$') < 0)
		return;
	variables_init(&v, &t->arena);
	variables_add(&v, &t->req->spec->variables);
	if (t->result.has_dotenv)
		read_report(&t->arena, arena_printf(&t->arena, "%s/dotenv", t->req->out_dir).p,
			    &report);
	variables_add(&v, &report);
	t->environment_url = variables_expand(&v, env->url);
}
