#include "exec/script.h"

#include <string.h>

void script_add_quoted(struct buf *b, str s)
{
	MUST(s.p || s.n == 0);
	buf_addz(b, "$'");
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\'' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c == '\n')
			buf_addz(b, "\\n");
		else if (c < 0x20 || c == 0x7f) /* two digits are the most \x takes */
			buf_addf(b, "\\x%02x", c);
		else
			buf_addc(b, (char)c);
	}
	buf_addc(b, '\'');
}

/* `$ command`, in green; of several lines the first. */
static void add_shown(struct buf *b, str command)
{
	CLEANUP(buf_release) struct buf shown = { .max = SCRIPT_MAX };
	str rest = command, first = str_cut(&rest, '\n');

	buf_addz(&shown, "\033[32;1m$ ");
	buf_adds(&shown, str_is_null(rest) ? command : str_trim_end(first));
	if (!str_is_null(rest))
		buf_addz(&shown, " # collapsed multi-line command");
	buf_addz(&shown, "\033[0;m");
	buf_addz(b, "echo ");
	script_add_quoted(b, buf_str(&shown));
	buf_addc(b, '\n');
	b->full |= shown.full;
}

static int add_command(struct buf *b, str command, struct err *err)
{
	str trimmed = str_trim(command);

	if (memchr(command.p ? command.p : "", '\0', command.n))
		return err_set(err, ERR_INVALID, "a script command holds a NUL byte");
	if (trimmed.n == 0) {
		buf_addz(b, "echo\n");
		return 0;
	}
	add_shown(b, trimmed);
	buf_adds(b, trimmed);
	buf_addc(b, '\n');
	return 0;
}

static int add_exports(struct buf *b, const struct variables *v, struct err *err)
{
	for (size_t i = 0; i < v->list.nr; i++) {
		const struct job_var *var = &v->list.at[i];

		if (variable_route(var->key) != ROUTE_SCRIPT)
			continue;
		if (memchr(var->value.p ? var->value.p : "", '\0', var->value.n))
			return err_set(err, ERR_INVALID, "variable " STR_FMT " holds a NUL byte",
				       STR_ARG(var->key));
		buf_addf(b, "export " STR_FMT "=", STR_ARG(var->key));
		script_add_quoted(b, var->value);
		buf_addc(b, '\n');
	}
	return 0;
}

static void add_env_file(struct buf *b, str path)
{
	buf_addz(b, "if [[ -f ");
	script_add_quoted(b, path);
	buf_addz(b, " ]]; then while IFS= read -r || [[ -n $REPLY ]]; do "
		    "[[ $REPLY == *=* ]] && export \"$REPLY\"; done < ");
	script_add_quoted(b, path);
	buf_addz(b, "; unset REPLY; fi\n");
}

int script_make(const struct script_spec *spec, struct buf *ret, struct err *err)
{
	CLEANUP(buf_release) struct buf body = { .max = SCRIPT_MAX };

	if (spec->trace)
		buf_addz(&body, "set -o xtrace\n");
	for (size_t i = 0; i < spec->commands->nr; i++)
		if (add_command(&body, spec->commands->at[i], err) < 0)
			return -1;
	buf_addz(ret, "#!/usr/bin/env bash\n"
		      "trap 'exit 1' TERM\n");
	/* Before errexit: a line of theirs that is no assignment does not end the job. */
	if (spec->env_file.n)
		add_env_file(ret, spec->env_file);
	buf_addz(ret, "set -o pipefail\n"
		      "set -o errexit\n"
		      "set +o noclobber\n");
	/* Last: an exported IFS or BASH_ENV must not reach the lines above. */
	if (add_exports(ret, spec->variables, err) < 0)
		return -1;
	buf_addz(ret, "eval ");
	script_add_quoted(ret, buf_str(&body));
	buf_addz(ret, " < /dev/null\nexit 0\n");
	if (body.full || ret->full)
		return err_set(err, ERR_LIMIT, "the script is larger than %zu MB",
			       SCRIPT_MAX >> 20);
	return 0;
}
