/* cmd_plan.c - `slipway plan`: the plan as data. */
#include "cmd/planning.h"

#include "plan/plan_json.h"

#define PIECE ((size_t)64 << 10)

struct printer {
	struct err *err;
	struct buf buf;
	int code;
};

static void flush(struct printer *p)
{
	if (p->code == 0)
		p->code = cmd_print(buf_str(&p->buf), p->err);
	buf_clear(&p->buf);
}

static void print(void *ctx, str bytes)
{
	struct printer *p = ctx;

	buf_adds(&p->buf, bytes);
	if (p->buf.n >= PIECE)
		flush(p);
}

int cmd_plan(const struct cmd_call *call, struct err *err)
{
	const struct show_options *o = call->options;
	struct printer p = { .err = err, .buf = BUF_INIT };
	struct planning plan;

	if (planning_open(call, &o->plan, &plan, err) < 0)
		return -1;
	if (planning_plan(&plan)) {
		p.code = 2;
	} else {
		plan_json_write(plan.pipeline, print, &p);
		flush(&p);
	}
	buf_release(&p.buf);
	planning_close(&plan);
	return p.code;
}
