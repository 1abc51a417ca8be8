#include "cmd/options.h"

int cmd_man(const struct cmd_call *call UNUSED, struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE, "todo");
}
