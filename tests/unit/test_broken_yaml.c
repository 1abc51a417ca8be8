/* Every tests/broken/yaml/NAME.yml gives the error in NAME.expected: its first
 * line as shown, and, where there is one, the hint. */
#include "yaml_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>

#define DIRECTORY "tests/broken/yaml"

static void read_file(struct buf *b, const char *name, const char *suffix)
{
	char path[300], chunk[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), DIRECTORY "/%s%s", name, suffix);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s is missing", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(b, chunk, n);
	fclose(f);
}

/* The first error of the rendering and its hint, without indentation. */
static void add_first_error(struct buf *b, str rendered)
{
	bool found = false;

	while (rendered.n) {
		str line = str_cut(&rendered, '\n');
		bool hint = str_starts_with(str_trim(line), STR("hint: "));

		if (found && (hint || line.p[0] != ' ')) {
			if (hint) {
				buf_adds(b, str_trim(line));
				buf_addc(b, '\n');
			}
			return;
		}
		if (!found && str_find(line, STR(": error: "), 0) >= 0) {
			found = true;
			buf_adds(b, line);
			buf_addc(b, '\n');
		}
	}
}

static void check(const char *name)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(buf_release) struct buf expected = BUF_INIT;
	CLEANUP(buf_release) struct buf rendered = BUF_INIT;
	CLEANUP(buf_release) struct buf got = BUF_INIT;
	CLEANUP(yaml_text_release) struct yaml_text t = { 0 };
	const struct source *src;

	read_file(&text, name, ".yml");
	read_file(&expected, name, ".expected");
	arena_init(&t.arena, 0);
	diags_init(&t.diags, &t.arena);
	src = source_new(&t.arena, arena_printf(&t.arena, "%s.yml", name), buf_str(&text),
			 pos_none);
	if (node_parse_yaml(&t.arena, src, &node_yaml11, &t.docs, &t.nr, &t.diags) == 0)
		fail_msg("%s.yml was read without an error", name);
	diags_render(&t.diags, &rendered, false);
	assert_true(str_is_utf8(buf_str(&rendered)));
	add_first_error(&got, buf_str(&rendered));
	assert_string_equal(got.p, expected.p);
}

static void broken_files_give_their_expected_error(void **state UNUSED)
{
	DIR *dir = opendir(DIRECTORY);
	const struct dirent *e;
	unsigned nr = 0;

	assert_non_null(dir);
	while ((e = readdir(dir))) {
		str name = str_of(e->d_name);
		char stem[256];

		if (!str_ends_with(name, STR(".yml")))
			continue;
		snprintf(stem, sizeof(stem), STR_FMT, STR_ARG(str_sub(name, 0, name.n - 4)));
		check(stem);
		nr++;
	}
	closedir(dir);
	assert_true(nr >= 100);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_files_give_their_expected_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
