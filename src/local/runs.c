#include "local/runs.h"

#include "os/git.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int runs_open(struct arena *a, struct state *ret, struct err *err)
{
	char *cwd = getcwd(NULL, 0);
	struct git_place place;
	struct err nearest;
	str dir;

	if (!cwd)
		return err_sys(err, errno, "the current directory");
	dir = arena_str(a, str_of(cwd));
	mem_free(cwd);
	if (git_find(a, ".", &place, err) < 0)
		return -1;
	if (state_open(dir.p, false, ret, &nearest) == 0)
		return 0;
	*err = nearest;
	while (dir.n > place.top.n) { /* upwards, but not out of the work tree */
		dir = arena_str(a, str_sub(dir, 0, (size_t)MAX(str_rindex(dir, '/'), (ssize_t)0)));
		if (dir.n && state_open(dir.p, false, ret, &nearest) == 0)
			return 0;
	}
	return -1;
}

int runs_read(const struct state *s, uint64_t run, struct arena *a, struct run_record *ret,
	      struct err *err)
{
	uint64_t *runs;
	size_t nr;

	state_runs(s, a, &runs, &nr);
	if (nr == 0)
		return err_set(err, ERR_NOT_FOUND, "nothing was run here yet");
	if (run == 0)
		run = runs[nr - 1];
	for (size_t i = 0; i < nr; i++)
		if (runs[i] == run)
			return record_read(s, run, a, ret, err);
	return err_set(err, ERR_NOT_FOUND, "there is no run %llu; `slipway runs` lists them",
		       (unsigned long long)run);
}

int runs_find_job(const struct run_record *r, str job, struct arena *a, struct job_record *ret,
		  struct err *err)
{
	str *names = arena_array(a, str, r->jobs.nr), near;

	for (size_t i = r->jobs.nr; i-- > 0;) {
		const struct job_record *j = &r->jobs.at[i];
		str full = arena_printf(a, STR_FMT STR_FMT, STR_ARG(j->pipeline_path),
					STR_ARG(j->name));

		names[i] = full;
		if (str_eq(full, job) || str_eq(j->name, job)) {
			*ret = *j;
			return 0;
		}
	}
	near = str_nearest(job, names, r->jobs.nr);
	if (str_is_null(near))
		return err_set(err, ERR_NOT_FOUND, "run %llu has no job \"" STR_FMT "\"",
			       (unsigned long long)r->run, STR_ARG(job));
	return err_set(err, ERR_NOT_FOUND,
		       "run %llu has no job \"" STR_FMT "\"; did you mean \"" STR_FMT "\"?",
		       (unsigned long long)r->run, STR_ARG(job), STR_ARG(near));
}
