/* Commands that are not wired yet: a handler elsewhere takes the place of its stub. */
#include "cmd/options.h"

#define STUB(handler)                                                               \
	__attribute__((weak)) int handler(const struct cmd_call *call, struct err *err) \
	{                                                                           \
		return err_set(err, ERR_UNAVAILABLE, "%s is not wired yet", call->cmd->name); \
	}

STUB(cmd_run)
STUB(cmd_list)
STUB(cmd_plan)
STUB(cmd_graph)
STUB(cmd_lint)
STUB(cmd_explain)
STUB(cmd_runs)
STUB(cmd_log)
STUB(cmd_artifacts)
STUB(cmd_clean)
