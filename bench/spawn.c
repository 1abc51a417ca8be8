/* spawn - run a command a number of times; print what one run costs.
 *
 * `spawn N OUT COMMAND...` prints "MEDIAN_US MAXRSS_KB" of N runs, with output
 * going to the file OUT.  Starts by posix_spawn, so the price is the command's and
 * not that of a shell; memory is the largest process of the tree that was waited for.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int by_value(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t files;
	long n = argc > 3 ? strtol(argv[1], NULL, 10) : 0, *took, rss = 0;

	if (n < 1 || n > 100000) {
		fprintf(stderr, "usage: spawn N OUT COMMAND...\n");
		return 2;
	}
	took = calloc((size_t)n, sizeof(*took));
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	posix_spawn_file_actions_adddup2(&files, 1, 2);
	for (long i = 0; i < n; i++) {
		struct rusage use;
		long start = now_us();
		int status;
		pid_t pid;

		if (posix_spawnp(&pid, argv[3], &files, NULL, argv + 3, environ) != 0) {
			perror(argv[3]);
			return 2;
		}
		if (wait4(pid, &status, 0, &use) < 0 || status != 0)
			return 1;
		took[i] = now_us() - start;
		rss = use.ru_maxrss > rss ? use.ru_maxrss : rss;
	}
	qsort(took, (size_t)n, sizeof(*took), by_value);
	printf("%ld %ld\n", took[n / 2], rss);
	return 0;
}
