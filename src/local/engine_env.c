/* engine_env.c - the address of an environment, known when its job has ended.
 *
 * `environment:url` may hold what the job itself found out and left in its dotenv
 * report; what nobody defines is empty, as in GitLab.
 */
#include "local/engine_int.h"

#include "exec/variables.h"
#include "fmt/dotenv.h"
#include "os/file.h"

#include <fcntl.h>

#define DOTENV_MAX ((size_t)1 << 20)

/* The report was read once already, when it was collected: trouble is not news. */
static void add_report(struct task *t, struct variables *v)
{
	CLEANUP(buf_release) struct buf text = { .max = DOTENV_MAX };
	str path = arena_printf(&t->arena, "%s/dotenv", t->req->out_dir);
	struct dotenv_vec entries = { 0 };
	struct err err;

	if (file_read(AT_FDCWD, path.p, DOTENV_MAX, &text, &err) < 0 ||
	    dotenv_parse(&t->arena, STR("dotenv"), arena_str(&t->arena, buf_str(&text)),
			 &dotenv_limits_default, &entries, &err) < 0)
		return;
	for (size_t i = 0; i < entries.nr; i++)
		variables_set(v, (struct job_var){ .key = entries.at[i].key,
						   .value = entries.at[i].value,
						   .raw = true });
}

void task_find_environment(struct task *t)
{
	const struct environment *env = t->job->environment;
	struct variables v;

	if (!env || str_is_null(env->url) || str_index(env->url, '$') < 0)
		return;
	variables_init(&v, &t->arena);
	variables_add(&v, &t->req->spec->variables);
	if (t->result.has_dotenv)
		add_report(t, &v);
	t->environment_url = variables_expand(&v, env->url);
}
