/* planning.h - from a command's options to a plan: what list, run, graph share. */
#ifndef CMD_PLANNING_H
#define CMD_PLANNING_H

#include "cmd/options.h"
#include "local/project.h"

struct planning {
	struct arena *arena;
	struct project_options options;
	struct project project;
	struct diags diags;
	struct plan_request request;
	struct pipeline *pipeline;
};

/* Opens the project; -1 with err. */
int planning_open(const struct cmd_call *call, const struct plan_options *o, struct planning *ret,
		  struct err *err) NODISCARD NONNULL;
void planning_close(struct planning *p) NONNULL;

/* Plans it.  Warnings and errors go to stderr; the number of errors is returned:
 * with any, the command ends with exit code 2. */
size_t planning_plan(struct planning *p) NODISCARD NONNULL;

/* What is shown of a plan, without the values of secrets that were given (local/secret.h). */
str planning_mask(const struct planning *p, str text) NODISCARD NONNULL;

#endif
