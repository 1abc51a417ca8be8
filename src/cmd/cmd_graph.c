/* cmd_graph.c - `slipway graph`: the plan as a picture. */
#include "cmd/planning.h"

#include "plan/graph.h"

#include <unistd.h>

int cmd_graph(const struct cmd_call *call, struct err *err)
{
	static void (*const draw[])(const struct graph *, const struct graph_options *, struct buf *) = {
		[GRAPH_OPTION_TEXT] = graph_add_text,
		[GRAPH_OPTION_SVG] = graph_add_svg,
		[GRAPH_OPTION_DOT] = graph_add_dot,
		[GRAPH_OPTION_MERMAID] = graph_add_mermaid,
	};
	const struct graph_command_options *o = call->options;
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct graph_options how = {
		.ascii = !term_is_utf8(),
		.color = term_wants_color(STDOUT_FILENO, (enum color_when)o->plan.global.color),
		.width = term_size(STDOUT_FILENO).cols,
	};
	struct planning plan;
	int code = 2;

	if (planning_open(call, &o->plan, &plan, err) < 0)
		return -1;
	if (!planning_plan(&plan)) {
		draw[o->format](graph_new(call->arena, plan.pipeline), &how, &b);
		code = cmd_print(buf_str(&b), err);
	}
	planning_close(&plan);
	return code;
}
