#include "fmt/regex.h"

#include "fmt/regex_int.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define SUBJECT_MAX	(64u << 10)
#define MATCH_LIMIT	100000u /* backtracking steps from one starting point */
#define MATCH_LIMIT_MIN 50u
#define HEAP_LIMIT_KB	(20u << 10)

/* A counted step costs about 25 ns, a byte that is scanned on the way half a one:
 * together at most some 25 ms. */
#define QUICK_BUDGET_NS 20000000u
#define STEP_BUDGET	800000u
#define BYTES_PER_STEP	32u

struct regex {
	pcre2_code *code;
	struct arena *arena; /* NULL: code and text are ours to free */
	char *text;	     /* translated: compiled once more when a search must be counted */
	size_t text_n;
	uint32_t options;
};

/* --- compiling --- */

static void *arena_malloc(size_t size, void *arena)
{
	return arena_alloc(arena, size);
}

static void arena_free(void *p UNUSED, void *arena UNUSED)
{
}

static uint32_t options_of(str pattern, unsigned flags)
{
	static const struct {
		unsigned flag;
		uint32_t option;
	} map[] = {
		{ REGEX_ICASE, PCRE2_CASELESS },
		{ REGEX_DOTALL, PCRE2_DOTALL },
		{ REGEX_MULTILINE, PCRE2_MULTILINE },
		{ REGEX_UNGREEDY, PCRE2_UNGREEDY },
	};
	/* `$` without m is the very end; `^` with m matches behind every line end. */
	uint32_t options = PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C;

	for (size_t i = 0; i < COUNT(map); i++)
		if (flags & map[i].flag)
			options |= map[i].option;
	if (str_is_utf8(pattern))
		options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
	return options;
}

static pcre2_code *compile(const char *text, size_t n, uint32_t options,
			   pcre2_general_context *general, int *ret_code, size_t *ret_offset)
{
	pcre2_compile_context *ctx = pcre2_compile_context_create(general);
	pcre2_code *code;

	MUST(ctx);
	pcre2_set_newline(ctx, PCRE2_NEWLINE_LF);
	code = pcre2_compile((PCRE2_SPTR)text, n, options, ret_code, ret_offset, ctx);
	pcre2_compile_context_free(ctx);
	return code;
}

static int refuse_compiled(str pattern, const struct regex_translation *t, int code, size_t offset,
			   struct err *err)
{
	char why[256];

	if (code == PCRE2_ERROR_PATTERN_TOO_LARGE || code == PCRE2_ERROR_HEAP_FAILED)
		return regex_refuse(pattern, 0, ERR_LIMIT, "too large", err);
	if (pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof(why)) < 0)
		why[0] = '\0';
	return regex_refuse(pattern, t->origin[MIN(offset, t->n)], ERR_INVALID, why, err);
}

static int build(struct arena *a, str pattern, unsigned flags, struct regex **ret, struct err *err)
{
	pcre2_general_context *general = NULL;
	struct regex_translation t;
	uint32_t options = options_of(pattern, flags);
	pcre2_code *pcre;
	struct regex *re;
	size_t offset;
	int code;

	if (regex_translate(pattern, &t, err) < 0)
		return -1;
	if (a) {
		general = pcre2_general_context_create(arena_malloc, arena_free, a);
		MUST(general);
	}
	pcre = compile(t.text, t.n, options, general, &code, &offset);
	if (!pcre)
		return refuse_compiled(pattern, &t, code, offset, err);
	re = a ? arena_new(a, struct regex) : mem_zalloc(1, sizeof(*re));
	*re = (struct regex){ .code = pcre, .arena = a, .text_n = t.n, .options = options };
	re->text = a ? arena_alloc(a, t.n + 1) : mem_alloc(t.n + 1);
	for (size_t i = 0; i < t.n; i++)
		re->text[i] = t.text[i];
	*ret = re;
	return 0;
}

int regex_compile(str pattern, unsigned flags, struct regex **ret, struct err *err)
{
	return build(NULL, pattern, flags, ret, err);
}

int regex_compile_in(struct arena *a, str pattern, unsigned flags, struct regex **ret,
		     struct err *err)
{
	return build(a, pattern, flags, ret, err);
}

void regex_free(struct regex *re)
{
	if (!re || re->arena)
		return;
	pcre2_code_free(re->code);
	mem_free(re->text);
	mem_free(re);
}

void regex_free_ptr(struct regex **re)
{
	regex_free(*re);
}

/* --- searching --- */

/* The match limit counts anew from each starting point, and one counted step may
 * scan the whole subject.  So: a limit under which even the worst pattern is quick;
 * 0 when that would be too low to be of use. */
static uint32_t quick_limit(size_t n)
{
	size_t limit = QUICK_BUDGET_NS / ((n + 1) * (20 + n / 2));

	return limit < MATCH_LIMIT_MIN ? 0 : (uint32_t)MIN(limit, (size_t)MATCH_LIMIT);
}

struct meter {
	size_t steps, bytes, at;
};

/* Called before each item of the pattern: counts it, and the bytes since the last. */
static int count_step(pcre2_callout_block *block, void *data)
{
	struct meter *m = data;
	size_t at = block->current_position;

	m->steps++;
	m->bytes += at > m->at ? at - m->at : m->at - at;
	m->at = at;
	return m->steps + m->bytes / BYTES_PER_STEP > STEP_BUDGET ? PCRE2_ERROR_CALLOUT : 0;
}

static int match(const pcre2_code *code, str subject, uint32_t limit, struct meter *meter,
		 pcre2_match_data *data)
{
	pcre2_match_context *ctx = pcre2_match_context_create(NULL);
	int rc;

	MUST(ctx);
	pcre2_set_match_limit(ctx, limit);
	pcre2_set_depth_limit(ctx, limit);
	pcre2_set_heap_limit(ctx, HEAP_LIMIT_KB);
	if (meter)
		pcre2_set_callout(ctx, count_step, meter);
	rc = pcre2_match(code, (PCRE2_SPTR)(subject.p ? subject.p : ""), subject.n, 0, 0, data,
			 ctx);
	pcre2_match_context_free(ctx);
	return rc;
}

/* The same search with every step counted over all starting points. */
static int match_counted(const struct regex *re, str subject, pcre2_match_data *data)
{
	struct meter meter = { 0 };
	pcre2_code *code;
	size_t offset;
	int rc;

	code = compile(re->text, re->text_n, re->options | PCRE2_AUTO_CALLOUT, NULL, &rc, &offset);
	if (!code)
		return PCRE2_ERROR_MATCHLIMIT;
	rc = match(code, subject, MATCH_LIMIT, &meter, data);
	pcre2_code_free(code);
	return rc;
}

static void copy_groups(str subject, pcre2_match_data *data, int rc, struct regex_match *ret)
{
	const size_t *at = pcre2_get_ovector_pointer(data);

	*ret = (struct regex_match){ .nr = rc == 0 ? REGEX_GROUPS_MAX : (size_t)rc };
	for (size_t i = 0; i < ret->nr; i++)
		ret->group[i] = at[2 * i] == PCRE2_UNSET
					? str_null
					: str_sub(subject, at[2 * i], at[2 * i + 1] - at[2 * i]);
}

int regex_search(const struct regex *re, str subject, struct regex_match *ret, struct err *err)
{
	uint32_t limit = quick_limit(subject.n);
	pcre2_match_data *data;
	int rc = PCRE2_ERROR_MATCHLIMIT;

	if (subject.n > SUBJECT_MAX)
		return err_set(err, ERR_LIMIT,
			       "a text of %zu bytes is too long for a regular expression "
			       "(at most %u)",
			       subject.n, SUBJECT_MAX);
	data = pcre2_match_data_create(REGEX_GROUPS_MAX, NULL);
	MUST(data);
	if (limit > 0)
		rc = match(re->code, subject, limit, NULL, data);
	if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT)
		rc = match_counted(re, subject, data);
	if (rc >= 0 && ret)
		copy_groups(subject, data, rc, ret);
	pcre2_match_data_free(data);
	if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH)
		return rc >= 0;
	return err_set(err, ERR_LIMIT,
		       "the regular expression needs too many steps on a text of %zu bytes; "
		       "nested repeats such as (a+)+ do that",
		       subject.n);
}
