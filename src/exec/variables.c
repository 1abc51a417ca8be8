#include "exec/variables.h"

#include "base/buf.h"
#include "os/file.h"
#include "plan/expand.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

/* A single string of an environment may have so many bytes with its NUL (Linux). */
#define STRING_MAX ((size_t)131072)

/* What bash, the dynamic linker or the C library act on as a program starts. */
static const char *const script_names[] = {
	"BASH_COMPAT",	 "BASH_ENV",	     "BASH_LOADABLES_PATH",
	"BASH_XTRACEFD", "ENV",		 "GCONV_PATH",	     "GLIBC_TUNABLES",
	"IFS",		"LD_AUDIT",	 "LD_DEBUG",	     "LD_LIBRARY_PATH",
	"LD_PRELOAD",	"MALLOC_CHECK_", "MALLOC_PERTURB_",  "OPTIND",
	"POSIXLY_CORRECT", "PS4",	 "ASAN_OPTIONS",     "UBSAN_OPTIONS",
};

static const char *const readonly_names[] = {
	"BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID",
};

static bool is_one_of(str name, const char *const *names, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (str_eq(name, str_of(names[i])))
			return true;
	return false;
}

static bool is_shell_name(str s)
{
	if (s.n == 0 || isdigit((unsigned char)s.p[0]))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '_' && (s.p[i] < 0 || !isalnum((unsigned char)s.p[i])))
			return false;
	return true;
}

enum variable_route variable_route(str name)
{
	if (!is_shell_name(name))
		return ROUTE_BAD_NAME;
	if (is_one_of(name, readonly_names, COUNT(readonly_names)))
		return ROUTE_READONLY;
	if (is_one_of(name, script_names, COUNT(script_names)))
		return ROUTE_SCRIPT;
	return ROUTE_ENVIRON;
}

void variables_init(struct variables *v, struct arena *a)
{
	*v = (struct variables){ .arena = a };
	map_init(&v->index, a);
}

void variables_set(struct variables *v, struct job_var var)
{
	void **at = map_put(&v->index, var.key);

	if (*at) {
		v->list.at[(uintptr_t)*at - 1] = var;
		return;
	}
	vec_add(v->arena, &v->list, var);
	*at = (void *)(uintptr_t)v->list.nr;
}

void variables_set_text(struct variables *v, const char *key, str value)
{
	variables_set(v, (struct job_var){ .key = str_of(key), .value = value, .raw = true });
}

void variables_add(struct variables *v, const struct job_var_vec *vars)
{
	for (size_t i = 0; i < vars->nr; i++)
		variables_set(v, vars->at[i]);
}

static str get(const struct variables *v, str key)
{
	uintptr_t at = (uintptr_t)map_get(&v->index, key);

	return at ? v->list.at[at - 1].value : str_null;
}

str variables_get(const struct variables *v, const char *key)
{
	return get(v, str_of(key));
}

bool variables_get_bool(const struct variables *v, const char *key, bool otherwise)
{
	static const char *const yes[] = { "true", "1", "t", "yes", "on" };
	static const char *const no[] = { "false", "0", "f", "no", "off" };
	str value = variables_get(v, key);

	if (str_is_null(value))
		return otherwise;
	for (size_t i = 0; i < COUNT(yes); i++) {
		if (str_eq_nocase(value, str_of(yes[i])))
			return true;
		if (str_eq_nocase(value, str_of(no[i])))
			return false;
	}
	return otherwise;
}

/* --- expansion --- */

static str get_for_expand(void *ctx, str name)
{
	return get(ctx, name);
}

static str expand(const struct variables *v, str text)
{
	struct expand_vars vars = { (void *)(uintptr_t)v, get_for_expand };
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	if (str_index(text, '$') < 0)
		return text;
	expand_runner(&b, text, &vars);
	return arena_str(v->arena, buf_str(&b));
}

str variables_expand(const struct variables *v, str text)
{
	return expand(v, text);
}

static int write_file(const struct variables *v, int dir, const struct job_var *var, str content,
		      struct err *err)
{
	if (file_write_atomic(dir, arena_cstr(v->arena, var->key), content, 0600, err) < 0)
		return err_wrap(err, "file variable " STR_FMT, STR_ARG(var->key));
	return 0;
}

int variables_resolve(struct variables *v, const char *dir, struct err *err)
{
	struct job_var *before = arena_array(v->arena, struct job_var, v->list.nr + 1);
	str *values = arena_array(v->arena, str, v->list.nr + 1);
	CLEANUP(fd_close) int fd = dir_open(AT_FDCWD, dir, err);

	if (fd < 0)
		return -1;
	MUST(!v->content);
	/* Paths first: what others say of a file variable is its path. */
	for (size_t i = 0; i < v->list.nr; i++) {
		struct job_var *var = &v->list.at[i];

		before[i] = *var;
		if (var->file && variable_route(var->key) != ROUTE_BAD_NAME)
			var->value = arena_printf(v->arena, "%s/" STR_FMT, dir, STR_ARG(var->key));
	}
	/* One pass: each looks at what the others were before it. */
	for (size_t i = 0; i < v->list.nr; i++)
		values[i] = before[i].raw ? before[i].value : expand(v, before[i].value);
	v->content = values;
	for (size_t i = 0; i < v->list.nr; i++) {
		struct job_var *var = &v->list.at[i];

		if (!var->file)
			var->value = values[i];
		else if (variable_route(var->key) != ROUTE_BAD_NAME &&
			 write_file(v, fd, &before[i], values[i], err) < 0)
			return -1;
	}
	return 0;
}

/* --- the environment --- */

/* As the runner's shell executor, a job gets the environment of who runs it: PATH, HOME,
 * LANG, proxies, SSH_AUTH_SOCK, credentials of tools.  But for what would make it a
 * different job when slipway itself runs in a job, in a git hook, or under somebody's
 * bash options, functions and traces. */
static bool is_inherited(str entry)
{
	static const char *const dropped[] = {
		"_", "BASHOPTS", "BASH_COMPAT", "BASH_ENV", "BASH_XTRACEFD", "CDPATH", "CI", "ENV",
		"EXECIGNORE", "GITLAB_CI", "GITLAB_ENV", "GITLAB_FEATURES",
		"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR",
		"GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX",
		"GIT_QUARANTINE_PATH", "GIT_WORK_TREE", "GLOBIGNORE", "OLDPWD",
		"POSIXLY_CORRECT", "PS4", "PWD", "SHELLOPTS", "SHLVL",
	};
	static const char *const prefixes[] = { "BASH_FUNC_", "CI_", "GITLAB_USER_" };
	str name = str_cut(&entry, '=');

	for (size_t i = 0; i < COUNT(prefixes); i++)
		if (str_starts_with(name, str_of(prefixes[i])))
			return false;
	return !is_one_of(name, dropped, COUNT(dropped));
}

static int add_entry(const struct variables *v, const struct job_var *var, const char **ret,
		     struct err *err)
{
	if (memchr(var->value.p ? var->value.p : "", '\0', var->value.n))
		return err_set(err, ERR_INVALID,
			       "variable " STR_FMT " holds a NUL byte, which no environment can",
			       STR_ARG(var->key));
	if (var->key.n + var->value.n + 2 > STRING_MAX)
		return err_set(err, ERR_LIMIT,
			       "variable " STR_FMT " has %zu bytes, and the kernel takes %zu for "
			       "one; make it a file variable",
			       STR_ARG(var->key), var->value.n, STRING_MAX);
	*ret = arena_printf(v->arena, STR_FMT "=" STR_FMT, STR_ARG(var->key), STR_ARG(var->value))
		       .p;
	return 0;
}

int variables_environ(const struct variables *v, const char *const **ret, struct err *err)
{
	size_t nr_ours = 0, n = 0, bytes = 8192; /* for arguments and the kernel's own */
	long most = sysconf(_SC_ARG_MAX);
	const char **env;

	while (environ[nr_ours])
		nr_ours++;
	env = arena_array(v->arena, const char *, nr_ours + v->list.nr + 1);
	for (size_t i = 0; i < nr_ours; i++) {
		str entry = str_of(environ[i]), name = entry;

		name = str_cut(&name, '=');
		if (is_inherited(entry) && !map_get(&v->index, name))
			env[n++] = environ[i];
	}
	for (size_t i = 0; i < v->list.nr; i++) {
		if (variable_route(v->list.at[i].key) != ROUTE_ENVIRON)
			continue;
		if (add_entry(v, &v->list.at[i], &env[n], err) < 0)
			return -1;
		n++;
	}
	for (size_t i = 0; i < n; i++)
		bytes += strlen(env[i]) + 1 + sizeof(char *);
	if (most > 0 && bytes > (size_t)most)
		return err_set(err, ERR_LIMIT,
			       "the job's variables take %zu bytes together, and the kernel takes "
			       "%ld for a program; make the largest file variables",
			       bytes, most);
	*ret = env;
	return 0;
}
