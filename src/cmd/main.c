#include "cmd/cmd.h"
#include "exec/supervise.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

/* A closed standard descriptor would be the number of the next file we open, and what
 * is meant for the terminal would go there.  Read-only, so that writing still fails. */
static void hold_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			return;
}

int main(int argc, char **argv)
{
	hold_standard_descriptors();
	signal(SIGCHLD, SIG_DFL); /* inherited as ignored, it would eat exit codes */
	signal(SIGXFSZ,
	       SIG_IGN); /* a file at its limit is an error of write; jobs get the default */
	if (argc > 1 && strcmp(argv[1], SUPERVISE_WORD) == 0)
		return supervise_main(argc, argv);
	return cmd_main(argc, argv);
}
