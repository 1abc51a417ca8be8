/* Runs a fuzz target over files: `replay FILE|DIRECTORY...`.
 *
 * Lets every compiler and sanitizer replay the corpus, without libFuzzer.
 * The empty input is always tried first.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned nr_run;

static void run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	struct stat st;
	size_t n;

	if (!f || fstat(fileno(f), &st) < 0) {
		perror(path);
		exit(2);
	}
	/* Exactly as large as the input, so that a sanitizer sees one byte too many. */
	data = mem_alloc(st.st_size ? (size_t)st.st_size : 1);
	n = fread(data, 1, (size_t)st.st_size, f);
	fclose(f);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(data, n);
	mem_free(data);
	nr_run++;
}

static void run_path(const char *path)
{
	struct dirent **names;
	struct stat st;
	char child[4096];
	int nr;

	if (stat(path, &st) < 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		run_file(path);
		return;
	}
	nr = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < nr; i++) {
		if (names[i]->d_name[0] != '.') {
			snprintf(child, sizeof(child), "%s/%s", path, names[i]->d_name);
			run_path(child);
		}
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
}

int main(int argc, char **argv)
{
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	nr_run++;
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	printf("%u inputs\n", nr_run);
	return 0;
}
