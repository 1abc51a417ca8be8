#include "cmd/options.h"

int cmd_completion(const struct cmd_call *call UNUSED, struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE, "todo");
}

int cmd_complete(const struct cmd_call *call UNUSED, struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE, "todo");
}
