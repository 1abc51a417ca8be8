#include "cmd/cmd.h"
#include "exec/supervise.h"

#include <signal.h>
#include <string.h>

int main(int argc, char **argv)
{
	signal(SIGCHLD, SIG_DFL); /* inherited as ignored, it would eat exit codes */
	if (argc > 1 && strcmp(argv[1], SUPERVISE_WORD) == 0)
		return supervise_main(argc, argv);
	return cmd_main(argc, argv);
}
