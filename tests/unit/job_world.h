/* job_world.h - a job in a temporary directory, for tests of exec_run. */
#ifndef TESTS_JOB_WORLD_H
#define TESTS_JOB_WORLD_H

#include "exec/exec.h"
#include "exec/supervise.h"
#include "os/clock.h"
#include "tmpdir.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <cmocka.h>

struct world {
	struct tmpdir dir;
	struct arena a;
	struct facts facts;
	struct job_spec spec;
	struct exec_request req;
	struct exec_result result;
	struct err err;
	int returned;
	atomic_int cancel;
	struct buf seen; /* what the sink got */
	struct buf sections;
	/* when the sink has seen a word, so much is cancelled */
	struct {
		const char *word;
		int level;
	} on[3];
	struct buf log; /* the file, after run() */
};

static inline void world_output(void *ctx, str bytes)
{
	struct world *w = ctx;
	uint64_t one = 1;

	buf_adds(&w->seen, bytes);
	for (size_t i = 0; i < COUNT(w->on); i++)
		if (w->on[i].word && str_find(buf_str(&w->seen), str_of(w->on[i].word), 0) >= 0) {
			w->on[i].word = NULL;
			atomic_store(&w->cancel, w->on[i].level);
			if (write(w->req.cancel_fd, &one, sizeof(one)) < 0)
				abort();
		}
}

static inline void world_section(void *ctx, const char *name, bool start)
{
	struct world *w = ctx;

	buf_addf(&w->sections, "%s%s ", start ? "" : "/", name);
}

static inline const char *world_path(struct world *w, const char *name)
{
	return arena_printf(&w->a, "%s/%s", w->dir.path, name).p;
}

static inline struct world *world_new(void)
{
	struct world *w = mem_zalloc(1, sizeof(*w));

	w->dir = tmpdir_make();
	arena_init(&w->a, 0);
	buf_init(&w->seen, 0);
	buf_init(&w->sections, 0);
	buf_init(&w->log, 0);
	for (const char *const *d = (const char *const[]){ "work", "out", "cache", NULL }; *d; d++)
		if (mkdirat(w->dir.fd, *d, 0777) < 0)
			abort();
	w->spec.name = STR("job");
	w->spec.stage = STR("test");
	w->spec.timeout_s = 3600;
	w->req = (struct exec_request){
		.spec = &w->spec,
		.facts = &w->facts,
		.work_dir = world_path(w, "work"),
		.out_dir = world_path(w, "out"),
		.cache_dir = world_path(w, "cache"),
		.log_fd = openat(w->dir.fd, "log", O_RDWR | O_CREAT | O_CLOEXEC, 0600),
		.sink = { w, world_output, world_section },
		.cancel = &w->cancel,
		.cancel_fd = eventfd(0, EFD_CLOEXEC),
	};
	return w;
}

static inline void world_free(struct world *w)
{
	close(w->req.log_fd);
	close(w->req.cancel_fd);
	tmpdir_release(&w->dir);
	arena_release(&w->a);
	buf_release(&w->seen);
	buf_release(&w->sections);
	buf_release(&w->log);
	mem_free(w);
}

static inline void world_var(struct world *w, const char *key, const char *value)
{
	struct job_var v = { .key = str_of(key), .value = str_of(value) };

	vec_add(&w->a, &w->spec.variables, v);
}

static inline void world_script(struct world *w, const char *command)
{
	vec_add(&w->a, &w->spec.script.script, str_of(command));
}

static inline void world_after(struct world *w, const char *command)
{
	vec_add(&w->a, &w->spec.after_script.script, str_of(command));
}

static inline void world_run(struct world *w)
{
	struct err err;

	w->returned = exec_run(&w->a, &w->req, &w->result, &w->err);
	if (file_read(w->dir.fd, "log", 64 << 20, &w->log, &err) < 0)
		abort();
}

static inline struct world *world_of(const char *command)
{
	struct world *w = world_new();

	world_var(w, "GIT_STRATEGY", "none");
	world_script(w, command);
	return w;
}

static inline bool world_has(const struct buf *b, const char *text)
{
	return str_find(buf_str(b), str_of(text), 0) >= 0;
}

#define assert_has(b, text)                                                       \
	do {                                                                      \
		if (!world_has(&(b), (text)))                                     \
			fail_msg("\"%s\" is not in:\n%s", (text), (b).p ? (b).p : ""); \
	} while (0)
#define assert_lacks(b, text)                                                     \
	do {                                                                      \
		if (world_has(&(b), (text)))                                      \
			fail_msg("\"%s\" is in:\n%s", (text), (b).p ? (b).p : "");     \
	} while (0)

#endif
